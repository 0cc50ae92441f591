using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Data.Sources;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Runs;
using All = OrleansBlip.Client.Recipes.Recipes;

namespace OrleansBlip.Cli.Tests.Recipes;

public sealed class RecipesTests
{
    private const int BertWords = 30_524;

    private static readonly string Hash = new('a', 64);

    public static TheoryData<string, string> Each
    {
        get
        {
            var each = new TheoryData<string, string>();
            foreach (var name in All.Names)
                foreach (var family in All.Families) each.Add(name, family);
            return each;
        }
    }

    [Theory, MemberData(nameof(Each))]
    public void Recipe_OfAnyFamily_IsWhatTheNodesAccept(string name, string family)
    {
        var template = All.Of(name, family, BertWords, Hash, seed: 7);
        var (model, data) = (ModelSpec.FromJson(template.Model), DataSpec.FromJson(template.Data));
        Assert.Equal((family, data.ImageSize), (model.Family, model.Vision.ImageSize));
        Assert.True(data.TokensMax <= model.Text.PositionsMax);
        Assert.NotEmpty(BlipModel.LayoutOf(Families.Compose(model)).Entries);
        Assert.True(TrainingSettings.FromJson(template.Optimizer).Optimizer.LearningRate.At(1, new RunLength { Steps = template.Steps, StepsPerEpoch = 10 }) > 0);
        new RunRequest { Spec = template.On(Hash, 1_000, null), CheckpointFolder = "c" }.Validate();
        var texts = family switch { "vqa" => PairKind.Question, "nlvr" => PairKind.Sentence, "visdial" => PairKind.Dialogue, _ => PairKind.Caption };
        Assert.Equal(texts, data.Texts);
    }

    /// <summary>The numbers of parameters that the paper's Table 3 states, in millions.</summary>
    [Theory]
    [InlineData(SharedLayers.All, 224)]
    [InlineData(SharedLayers.AllButCrossAttention, 252)]
    [InlineData(SharedLayers.AllButSelfAttention, 252)]
    [InlineData(SharedLayers.None, 361)]
    public void Base_OfEachSharing_HasThePapersParameters(SharedLayers sharing, double millions)
    {
        var spec = ModelSpec.FromJson(All.Of("base", "pretraining", BertWords, Hash, seed: 0).Model) with { Sharing = sharing };
        Assert.Equal(millions, BlipModel.LayoutOf(Families.Compose(spec)).ElementCount / 1e6, tolerance: 1.5);
    }

    /// <summary>BLIP's appendix: batches of 240, 20 epochs, here of the 123,287 dialogues of ten rounds that VisDial v1.0 trains on.</summary>
    [Fact]
    public void Base_OfDialogues_HasThePapersBatchEpochsAndRate()
    {
        var template = All.Of("base", "visdial", BertWords, Hash, seed: 0);
        Assert.Equal(240, template.SlotCount * template.SlotSize);
        Assert.Equal(20, template.Steps * 240 / 1_232_870.0, tolerance: 0.1);
        Assert.Equal(2e-5, TrainingSettings.FromJson(template.Optimizer).Optimizer.LearningRate.Peak);
    }

    [Fact]
    public void Recipe_OfAnUnknownNameOrFamily_ListsThoseKnown()
    {
        Assert.Contains("grid, small, base", Assert.Throws<ArgumentException>(() => All.Of("large", "vqa", 100, Hash, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("nlvr", Assert.Throws<ArgumentException>(() => All.Of("base", "poems", 100, Hash, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grid_Normalization_PutsMostPixelsNearZero()
    {
        var folder = Directory.CreateTempSubdirectory("blip-grid").FullName;
        try
        {
            new ShapeWorldWriter(new ShapeWorldSpec { WebCount = 500, CleanCount = 0, ValCount = 0, TestCount = 0 }).Write(folder);
            using var web = PairSources.Open(Path.Combine(folder, "web"));
            var normalization = DataSpec.FromJson(All.Grid(100, Hash, seed: 0).Pretraining.Data).Normalization;
            var values = new float[3 * 48 * 48];
            var all = new List<float>();
            for (var picture = 0; picture < web.PictureCount; picture++)
            {
                normalization.Write(ImageDecoder.Decode(web.ReadImage(picture), "picture"), values);
                all.AddRange(values);
            }
            all.Sort();
            Assert.InRange(all[all.Count / 2], -0.1, 0.1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
