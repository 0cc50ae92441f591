using OrleansBlip.Data;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Grains.Evaluation;
using Verdict = OrleansBlip.Grains.Evaluation.FilterEvaluation.Verdict;

namespace OrleansBlip.Grains.Tests.Evaluation;

public sealed class FilterEvaluationTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    [Fact]
    public void Of_Verdicts_SharesAndRates()
    {
        Verdict[] web = [new(0.9, true, true), new(0.8, true, true), new(0.7, true, false), new(0.3, false, true), new(0.1, false, false)];
        Verdict[] synthetic = [new(0.9, true, true), new(0.2, false, false)];
        var (filter, noise) = FilterEvaluation.Of(web, synthetic);
        Assert.Equal((2.0 / 3, 2.0 / 3, 5.0 / 6), (filter.Precision!.Value, filter.Recall!.Value, filter.AucWeb!.Value), Near);
        Assert.Equal((1.0, 1.0, 1.0), (filter.PrecisionSynthetic!.Value, filter.RecallSynthetic!.Value, filter.AucSynthetic!.Value), Near);
        Assert.Equal((0.4, 1.0 / 3, 0.5), (noise.Web!.Value, noise.KeptWeb!.Value, noise.Synthetic!.Value), Near);
        Assert.Equal((0.0, 0.25, 0.0), (noise.KeptSynthetic!.Value, noise.Kept!.Value, 0), Near);
    }

    [Fact]
    public void Of_NothingKept_NoPrecision()
    {
        var (filter, noise) = FilterEvaluation.Of([new(0.1, false, true)], []);
        Assert.Null(filter.Precision);
        Assert.Null(filter.AucWeb);
        Assert.Null(noise.Kept);
        Assert.Equal(0, filter.Recall);
    }

    [Fact]
    public void Auc_Ties_CountByHalf()
    {
        Assert.Equal(0.5, FilterEvaluation.Auc([new(0.5, true, true), new(0.5, true, false)]));
        Assert.Equal(0, FilterEvaluation.Auc([new(0.1, true, true), new(0.5, true, false)]));
    }

    [Fact]
    public void Of_WebTextsByTheirTruth_NoiseAsTheTruthSays()
    {
        var truth = TruthFile.Read(world.Folder, ShapeWorldSplit.Web);
        var texts = truth.Select(record => new JudgedText(record.Key, record.Texts[0].Text, record.Texts[0].IsTrue ? 1 : 0, record.Texts[0].IsTrue));
        var (filter, noise) = FilterEvaluation.Of(world.Folder, texts, []);
        Assert.Equal((1.0, 1.0, 1.0), (filter.Precision!.Value, filter.Recall!.Value, filter.AucWeb!.Value));
        Assert.Equal(truth.Count(record => !record.Texts[0].IsTrue) / (double)truth.Count, noise.Web!.Value, 1e-12);
        Assert.Equal(0, noise.KeptWeb);
    }

    [Fact]
    public void Of_PictureOfAnotherWorld_Refused()
    {
        var error = Assert.Throws<DatasetException>(() => FilterEvaluation.Of(world.Folder, [new JudgedText("999", "a circle", 1, true)], []));
        Assert.Contains("'999'", error.Message);
    }

    private static bool Near((double A, double B, double C) expected, (double A, double B, double C) actual) =>
        Math.Abs(expected.A - actual.A) + Math.Abs(expected.B - actual.B) + Math.Abs(expected.C - actual.C) < 1e-12;
}
