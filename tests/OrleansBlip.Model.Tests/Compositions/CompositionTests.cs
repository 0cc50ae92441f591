using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Compositions;

/// <summary>A model is a record: what cannot work is refused by name, and a family that nobody foresaw is a few lines.</summary>
public sealed class CompositionTests
{
    private const int Vocabulary = 20;

    private static readonly VisionSpec Vision = new() { ImageSize = 8, PatchSize = 4, Width = 8, Depth = 1, Heads = 2, InitialStandardDeviation = 0.3 };
    private static readonly TextSpec Text = new() { VocabularySize = Vocabulary, Width = 8, Depth = 2, Heads = 2, FeedForwardWidth = 16, PositionsMax = 8, Dropout = 0, InitialStandardDeviation = 0.3 };
    private static readonly VisionEncoder Images = new("vision", Vision);
    private static readonly Composition Pretraining = Families.Pretraining(new ModelSpec { Vision = Vision, Text = Text, FeatureWidth = 8, InitialTemperature = 0.05 });

    public static TheoryData<string, Composition> Impossible { get; } = new()
    {
        { "fed by nothing: its source needs", Of([Images, new TextDecoder("decoder", Text)]) },
        { "is 'text', which does not stand before it; before it stand 'vision'", Of([Images, new Projection("feature", "text", 4)]) },
        { "needs ImageTokens, but 'feature' is Feature", Of([Images, new Projection("feature", "vision", 4), new TextEncoder("text", Text) { Image = "feature" }]) },
        { "two parts named 'vision'", Of([Images, Images]) },
        { "shares with 'text', which does not stand before it", Of([Images, new TextDecoder("decoder", Text) { Source = "vision", Shares = new Sharing("text", SharedLayers.All) }]) },
        { "wants a momentum copy of 'text'", Of([Images]) with { Momentum = ["text"] } },
        { "hard negatives of objective 'itm' is 'itc', which does not stand before it", Pretraining with { Objectives = [Pretraining.Objectives[1]] } },
        { "temperature of 'itc' is 0.7; it must be 0.001 to 0.5", Pretraining with { Objectives = [(ContrastiveLoss)Pretraining.Objectives[0] with { InitialTemperature = 0.7 }] } },
    };

    [Theory, MemberData(nameof(Impossible))]
    public void Model_OfAnImpossibleComposition_IsRefusedByName(string expected, Composition composition) =>
        Assert.Contains(expected, Assert.Throws<CompositionException>(() => BlipModel.LayoutOf(composition)).Message, StringComparison.Ordinal);

    [Fact]
    public void Layout_OfSharedParts_HoldsWhatTheyShareOnce()
    {
        var names = BlipModel.LayoutOf(Pretraining).Entries.Select(entry => entry.Name).ToArray();
        Assert.Contains("text_decoder.bert.encoder.layer.0.attention.self.query.weight", names);
        Assert.DoesNotContain("text_decoder.bert.encoder.layer.0.crossattention.self.query.weight", names);
    }

    [Fact]
    public void Part_ThatSeveralNeed_RunsOnceAStep()
    {
        using var scope = torch.NewDisposeScope();
        var runs = new List<string>();
        using var model = Initialized(Pretraining);
        model.Step(Batch(), new StepSettings { Random = new SlotRandom(1, 0, 0), Observe = (site, _) => runs.Add(site) });
        // The image feeds contrast, matching and decoder; the momentum copy is another part.
        Assert.Single(runs, site => site == "vision/block0.out");
        Assert.Single(runs, site => site == "vision_m/block0.out");
        Assert.Single(runs, site => site == "text/layer1.out");
    }

    [Fact]
    public void First_OfATextEncoder_IsTheFirstTokenOfItsValue()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Initialized(Pretraining);
        var graph = model.Run(Batch());
        Assert.True(torch.allclose(graph.Value("text_encoder").select(1, 0), graph.First("text_encoder"), rtol: 1e-5, atol: 1e-6));
        Assert.True(torch.allclose(graph.Value("visual_encoder").select(1, 0), graph.First("visual_encoder"), rtol: 0, atol: 0));
    }

    [Fact]
    public void Classifier_OfImages_Learns() => AssertLearns(
        Of([Images, new Head("classes", "vision", 3)]) with { Objectives = [new Classification("classes", graph => graph.First("vision"))] });

    [Fact]
    public void Classifier_OfPairs_Learns() => AssertLearns(
        Of([Images, new TextEncoder("text", Text) { Image = "vision" }, new Head("classes", "text", 3)])
            with { Objectives = [new Classification("classes", graph => graph.Part<BuiltTextEncoder>("text").Grounded(graph).select(1, 0))] });

    /// <summary>Gradient descent on one batch: the loss falls, and the gradient leaves no parameter out that the loss depends on.</summary>
    private static void AssertLearns(Composition composition)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Initialized(composition);
        var losses = new List<double>();
        for (var step = 0; step < 60; step++)
        {
            losses.Add(model.Step(Batch(), new StepSettings()).Total);
            using var noGradient = torch.no_grad();
            model.Weights.PlusInPlace(model.Gradient, -0.1);
        }
        Assert.True(losses[^1] < losses[0] / 3, $"The loss went from {losses[0]:f3} to {losses[^1]:f3}.");
    }

    private static Composition Of(Part[] parts) => new() { Name = "test", Parts = [.. parts], Objectives = [] };

    private static BlipModel Initialized(Composition composition)
    {
        var model = new BlipModel(composition);
        model.Initialize(seed: 3);
        return model;
    }

    private static StepBatch Batch()
    {
        var images = new SlotRandom(7, 0, 0).Uniform("images", [6, 3, 8, 8], torch.ScalarType.Float32, torch.CPU).Times(4);
        var tokens = (TensorArithmetic.Rows(6 * 4, torch.CPU) * torch.tensor(7L)).remainder(torch.tensor((long)Vocabulary)).view(6, 4);
        return new StepBatch(images, tokens, torch.ones_like(tokens), TensorArithmetic.Rows(6, torch.CPU), new SpecialTokens(0, 1, 2, 3, 4));
    }

    /// <summary>A family of somebody else: cross entropy of three classes, known by the image's id.</summary>
    private sealed record Classification(string Head, Func<StepGraph, torch.Tensor> States) : Objective("classification")
    {
        public override IEnumerable<Feed> Feeds => [new Feed("head", Head, PartKind.Head)];

        public override BuiltObjective Build(ParameterScope scope) => new Built(this);

        private sealed class Built(Classification spec) : BuiltObjective
        {
            public override torch.Tensor Loss(StepGraph graph) => torch.nn.functional.cross_entropy(
                graph.Part<BuiltHead>(spec.Head).Logits(spec.States(graph)), graph.Batch.ImageIds.remainder(torch.tensor(3L)));
        }
    }
}
