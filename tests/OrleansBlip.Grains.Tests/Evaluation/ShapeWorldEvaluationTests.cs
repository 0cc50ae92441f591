using System.Text.Json;
using OrleansBlip.Data;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Model.Metrics;
using OrleansBlip.Model.Tasks;
using TorchSharp;

namespace OrleansBlip.Grains.Tests.Evaluation;

public sealed class ShapeWorldEvaluationTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    private readonly EvaluationSet _set = EvaluationSet.Open(world.Folder, ShapeWorldSplit.Test, gallerySize: 10);

    [Fact]
    public async Task Score_OneDeviceOrTwo_SameItems()
    {
        var model = world.Model("pretraining");
        var one = await new ShapeWorldEvaluation(_set).ScoreAsync(model, world.Devices[..1]);
        var two = await new ShapeWorldEvaluation(_set).ScoreAsync(model, world.Devices);
        Assert.Equal(JsonSerializer.Serialize(one.Items), JsonSerializer.Serialize(two.Items));
        Assert.Equal(one.Report, two.Report);
        Assert.Equal(model.WeightsSha256, one.Report.WeightsSha256);
    }

    [Theory]
    [InlineData("pretraining", true, true)]
    [InlineData("filter", true, false)]
    [InlineData("captioner", false, true)]
    public async Task Score_EachFamily_WhatItCan(string family, bool retrieves, bool writes)
    {
        var (report, items) = await new ShapeWorldEvaluation(_set).ScoreAsync(world.Model(family), world.Devices);
        Assert.Equal(retrieves, report is { MeanR1: not null, ItcMeanR1: not null } && items.Retrieval is not null);
        Assert.Equal(writes, report is { Cider: not null, AttributeAccuracy: not null, WholeTrue: not null } && items.Captions is not null);
        Assert.Equal(retrieves ? (40, 200) : (0, 0), (items.Retrieval?.Pictures.Length ?? 0, items.Retrieval?.Texts.Length ?? 0));
        Assert.Equal(writes ? 40 : 0, items.Captions?.Texts.Length ?? 0);
    }

    [Fact]
    public async Task Score_UntrainedModel_WithinBounds()
    {
        var report = (await new ShapeWorldEvaluation(_set).ScoreAsync(world.Model("pretraining"), world.Devices)).Report;
        Assert.InRange(report.MeanR1!.Value, 0, _set.Bounds.Oracle.MeanR1);
        Assert.True(report.Tr1 <= report.Tr5 && report.Tr5 <= report.Tr10 && report.Ir1 <= report.Ir5 && report.Ir5 <= report.Ir10);
        Assert.True(_set.Bounds.Chance.MeanR1 < _set.Bounds.OwnPairs.MeanR1 && _set.Bounds.OwnPairs.MeanR1 <= _set.Bounds.Oracle.MeanR1);
    }

    [Fact]
    public async Task Score_Texts_ComeBackInTheirGivenOrder()
    {
        var folder = world.Model("pretraining");
        var items = (await new ShapeWorldEvaluation(_set).ScoreAsync(folder, world.Devices)).Items;
        var expected = await world.Devices[0].RunAsync(() =>
        {
            using var scope = torch.NewDisposeScope();
            using var model = folder.Load();
            var (data, words) = (folder.DataSpec, folder.Vocabulary);
            // The last gallery's texts as they are given, not by their lengths.
            var (first, size, each) = (30, 10, _set.TextsPerPicture);
            string[] texts = [.. _set.Texts.Skip(first * each).Take(size * each).Select(text => CaptionText.PreCaption(text))];
            var framed = new CaptionTokenizer(words).Frame(texts, data.TokensMax, TokenPadding.Longest);
            var matcher = new Matcher(model);
            var (_, images) = matcher.Images(torch.tensor(_set.Pixels(first, size, data)).view(size, 3, 48, 48));
            var found = matcher.Texts(torch.tensor(framed.Ids).view(texts.Length, -1), torch.tensor(framed.Mask).view(texts.Length, -1), words.Framing());
            var similarities = torch.matmul(found, images.t()).data<float>().ToArray();
            var (scores, relevant) = (new float[texts.Length, size], new bool[texts.Length, size]);
            for (var text = 0; text < texts.Length; text++)
                for (var picture = 0; picture < size; picture++) (scores[text, picture], relevant[text, picture]) = (similarities[text * size + picture], _set.Galleries[3].IsTrue(text, picture));
            return RetrievalRecall.Ranks(scores, relevant);
        });
        Assert.Equal(expected, items.Retrieval!.ItcTexts[^50..]);
    }

    [Theory]
    [InlineData(ComparedMetric.MeanR1)]
    [InlineData(ComparedMetric.ItcMeanR1)]
    [InlineData(ComparedMetric.Cider)]
    [InlineData(ComparedMetric.WholeTrue)]
    public async Task PerPicture_AnyMetric_AveragesToReport(ComparedMetric metric)
    {
        var (report, items) = await new ShapeWorldEvaluation(_set).ScoreAsync(world.Model("pretraining"), world.Devices);
        var reported = metric switch
        {
            ComparedMetric.MeanR1 => report.MeanR1,
            ComparedMetric.ItcMeanR1 => report.ItcMeanR1,
            ComparedMetric.Cider => report.Cider,
            _ => report.WholeTrue,
        };
        Assert.Equal(reported!.Value, ArmComparison.PerPicture(metric, items)!.Average(), 1e-9);
    }

    [Fact]
    public async Task Save_ThenOpen_SameOutcome()
    {
        var outcome = await new ShapeWorldEvaluation(_set).ScoreAsync(world.Model("pretraining"), world.Devices);
        var folder = Path.Combine(world.Folder, "outcome");
        outcome.Save(folder);
        var opened = EvaluationOutcome.Open(folder);
        Assert.Equal(outcome.Report, opened.Report);
        Assert.Equal(JsonSerializer.Serialize(outcome.Items), JsonSerializer.Serialize(opened.Items));
        var json = File.ReadAllText(Path.Combine(folder, "report.json"));
        Assert.All(
            ["tr1", "ir1", "meanR1", "itcTr1", "itcIr1", "itcMeanR1", "cider", "attributeAccuracy", "colourF1", "shapeF1", "wholeTrue", "weightsSha256"],
            name => Assert.Contains($"\"{name}\":", json));
    }

    [Fact]
    public async Task Score_Cancelled_Stops() => await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
        new ShapeWorldEvaluation(_set).ScoreAsync(world.Model("filter"), world.Devices, new CancellationToken(canceled: true)));

    [Fact]
    public void Open_UnevenGalleries_Refused()
    {
        var error = Assert.Throws<DatasetException>(() => EvaluationSet.Open(world.Folder, ShapeWorldSplit.Test, gallerySize: 30));
        Assert.Contains("galleries of 30", error.Message);
    }

    [Fact]
    public void Open_TruthOfAnotherSplit_Refused()
    {
        using var folder = new MixedWorld(world.Folder);
        var error = Assert.Throws<DatasetException>(() => EvaluationSet.Open(folder.Path, ShapeWorldSplit.Test, gallerySize: 10));
        Assert.Contains("do not belong together", error.Message);
    }

    // The test pictures of a world beside the truth about its val pictures.
    private sealed class MixedWorld : IDisposable
    {
        public MixedWorld(string world)
        {
            Directory.CreateDirectory(System.IO.Path.Combine(Path, "truth"));
            File.Copy(TruthFile.PathOf(world, ShapeWorldSplit.Val), TruthFile.PathOf(Path, ShapeWorldSplit.Test));
            Directory.CreateSymbolicLink(System.IO.Path.Combine(Path, "test"), System.IO.Path.Combine(world, "test"));
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("orleansblip-mixed-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
