using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Model.Metrics;

namespace OrleansBlip.Grains.Tests.Evaluation;

public sealed class ArmComparisonTests
{
    [Fact]
    public void Of_ArmThatFindsEverything_AheadByAllPoints()
    {
        var comparison = ArmComparison.Of(ComparedMetric.MeanR1, [Items(0, 0), Items(0, 0)], [Items(1, 1), Items(RetrievalRecall.NoRank, 3)])!;
        Assert.Equal(new BootstrapInterval(100, 100, 100), comparison.Difference);
        Assert.Equal([100.0, 100.0], comparison.OfSeeds);
        Assert.True(comparison.IsAhead);
    }

    [Fact]
    public void Of_ArmWithItself_NotAhead() => Assert.False(ArmComparison.Of(ComparedMetric.MeanR1, [Items(0, 2)], [Items(0, 2)])!.IsAhead);

    [Fact]
    public void Of_OnlyItcBetter_SeenThereAlone()
    {
        EvaluationItems better = Items(2, 2, itcPictures: 0, itcTexts: 4), other = Items(2, 2, itcPictures: 4, itcTexts: 4);
        Assert.Equal(0, ArmComparison.Of(ComparedMetric.MeanR1, [better], [other])!.Difference.Mean);
        Assert.Equal(50, ArmComparison.Of(ComparedMetric.ItcMeanR1, [better], [other])!.Difference.Mean);
    }

    [Fact]
    public void Of_ModelWithoutCaptions_NoComparison() => Assert.Null(ArmComparison.Of(ComparedMetric.Cider, [Items(0, 0)], [Items(0, 0)]));

    [Fact]
    public void Of_OtherSet_Refused() => Assert.Throws<ArgumentException>(() =>
        ArmComparison.Of(ComparedMetric.MeanR1, [Items(0, 0)], [Items(0, 0) with { SetDigest = "another" }]));

    [Fact]
    public void Of_OtherNumberOfSeeds_Refused() => Assert.Throws<ArgumentException>(() =>
        ArmComparison.Of(ComparedMetric.MeanR1, [Items(0, 0), Items(0, 0)], [Items(0, 0)]));

    private static EvaluationItems Items(int pictures, int texts, int itcPictures = 0, int itcTexts = 0) => new()
    {
        SetDigest = "set",
        GallerySize = 4,
        Retrieval = new RetrievalRanks
        {
            Pictures = [.. Enumerable.Repeat(pictures, 4)],
            Texts = [.. Enumerable.Repeat(texts, 20)],
            ItcPictures = [.. Enumerable.Repeat(itcPictures, 4)],
            ItcTexts = [.. Enumerable.Repeat(itcTexts, 20)],
        },
    };
}
