using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Compositions;

/// <summary>A model is a record: a family that nobody foresaw is a few lines.</summary>
public sealed class CompositionTests
{
    private const int Vocabulary = 20;

    internal static readonly VisionSpec Vision = new() { ImageSize = 8, PatchSize = 4, Width = 8, Depth = 1, Heads = 2, InitialStandardDeviation = 0.3 };
    internal static readonly TextSpec Text = new() { VocabularySize = Vocabulary, Width = 8, Depth = 2, Heads = 2, FeedForwardWidth = 16, PositionsMax = 8, Dropout = 0, InitialStandardDeviation = 0.3 };
    internal static readonly VisionEncoder Images = new("vision", Vision);
    internal static readonly Composition Pretraining = Families.Pretraining(new ModelSpec { Vision = Vision, Text = Text, FeatureWidth = 8, InitialTemperature = 0.05 });

    [Fact]
    public void Layout_OfEachSharing_HoldsWhatTable3Says()
    {
        var counts = new Dictionary<SharedLayers, long>();
        foreach (var sharing in Enum.GetValues<SharedLayers>())
        {
            var layout = BlipModel.LayoutOf(Families.Pretraining(new ModelSpec { Vision = Vision, Text = Text, FeatureWidth = 8, Sharing = sharing }));
            string[] own = [.. layout.Entries.Select(entry => entry.Name).Where(name => name.StartsWith("text_decoder.bert.", StringComparison.Ordinal))];
            Assert.Equal(sharing is SharedLayers.None or SharedLayers.AllButSelfAttention, own.Any(name => name.Contains(".attention.", StringComparison.Ordinal)));
            Assert.Equal(sharing is SharedLayers.None or SharedLayers.AllButCrossAttention, own.Any(name => name.Contains(".crossattention.", StringComparison.Ordinal)));
            Assert.Equal(sharing is SharedLayers.None, own.Any(name => name.Contains(".intermediate.", StringComparison.Ordinal) || name.Contains(".embeddings.", StringComparison.Ordinal)));
            counts.Add(sharing, layout.ElementCount);
        }
        // Self-attention and cross-attention are equally large where image and text are equally wide.
        Assert.Equal(counts[SharedLayers.AllButSelfAttention], counts[SharedLayers.AllButCrossAttention]);
        Assert.True(counts[SharedLayers.All] < counts[SharedLayers.AllButSelfAttention] && counts[SharedLayers.AllButSelfAttention] < counts[SharedLayers.None]);
    }

    [Theory, InlineData(SharedLayers.All), InlineData(SharedLayers.AllButSelfAttention), InlineData(SharedLayers.AllButCrossAttention), InlineData(SharedLayers.None)]
    public void Pretraining_OfEachSharing_Learns(SharedLayers sharing) => AssertLearns(
        Families.Pretraining(new ModelSpec { Vision = Vision, Text = Text, FeatureWidth = 8, Sharing = sharing, LabelSmoothing = 0 }), lessThan: 0.7);

    [Fact]
    public void Layout_OfSharedParts_HoldsWhatTheyShareOnce()
    {
        var names = BlipModel.LayoutOf(Pretraining).Entries.Select(entry => entry.Name).ToArray();
        Assert.Contains("text_decoder.bert.encoder.layer.0.attention.self.query.weight", names);
        Assert.DoesNotContain("text_decoder.bert.encoder.layer.0.crossattention.self.query.weight", names);
    }

    [Fact]
    public void Step_OfWeightedObjectives_SumsLossesAndGradientsByTheirWeights()
    {
        using var scope = torch.NewDisposeScope();
        var plain = Run(1, 1, 1);
        var weighted = Run(2, 0, 0.25);
        // Each loss is told as it is; their sum and its gradient are weighted.
        Assert.Equal(plain.Outcome.Losses, weighted.Outcome.Losses);
        var losses = plain.Outcome.Losses.Select(loss => loss.Value).ToArray();
        Assert.Equal(losses.Sum(), plain.Outcome.Total, 1e-5);
        Assert.Equal(2 * losses[0] + 0.25 * losses[2], weighted.Outcome.Total, 1e-5);
        var expected = Run(1, 0, 0).Gradient.Times(2).PlusInPlace(Run(0, 0, 1).Gradient, 0.25);
        Assert.True(torch.allclose(expected, weighted.Gradient, rtol: 1e-4, atol: 1e-6));
        Assert.False(torch.allclose(plain.Gradient, weighted.Gradient, rtol: 1e-4, atol: 1e-6));

        static (StepOutcome Outcome, torch.Tensor Gradient) Run(params double[] weights)
        {
            using var model = Initialized(Pretraining with { Objectives = [.. Pretraining.Objectives.Zip(weights, (objective, weight) => objective with { Weight = weight })] });
            var outcome = model.Step(Batch(), new StepSettings { Alpha = 0.4, Random = new SlotRandom(1, 0, 0) });
            return (outcome, model.Gradient());
        }
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

    [Fact]
    public void MaskedLanguageModel_Learns()
    {
        using var scope = torch.NewDisposeScope();
        var original = Batch();
        var masked = original.Tokens.clone();
        masked.select(1, 2).Fill(5L);
        AssertLearns(
            Of([new TextEncoder("text", Text), new Head("words", "text", Vocabulary)]) with { Objectives = [new MaskedLanguageModelling("words", original.Tokens.select(1, 2))] },
            original with { Tokens = masked });
    }

    [Fact]
    public void VisualDialogue_Learns_AndSeesImageAndCaption()
    {
        using var scope = torch.NewDisposeScope();
        var composition = Families.VisualDialogue(new ModelSpec { Vision = Vision, Text = Text });
        var batch = Batch();
        batch = batch with { Context = new ContextBatch(batch.Tokens.flip([0]), batch.Mask), Labels = batch.ImageIds.remainder(torch.tensor(2L)) };
        AssertLearns(composition, batch);

        using var model = Initialized(composition);
        var scores = Scores(batch.Images, batch.Context);
        Assert.NotEqual(scores, Scores(batch.Images.flip([0]), batch.Context));
        Assert.NotEqual(scores, Scores(batch.Images, batch.Context with { Tokens = batch.Context.Tokens.flip([0]) }));
        // What pads a caption is not seen.
        var mask = torch.cat([batch.Mask.narrow(1, 0, 3), torch.zeros_like(batch.Mask.narrow(1, 0, 1))], 1);
        var other = torch.cat([batch.Context.Tokens.narrow(1, 0, 3), torch.zeros_like(batch.Context.Tokens.narrow(1, 0, 1)).Fill(9L)], 1);
        Assert.Equal(Scores(batch.Images, batch.Context with { Mask = mask }), Scores(batch.Images, new ContextBatch(other, mask)));

        float[] Scores(torch.Tensor images, ContextBatch captions)
        {
            using var about = new DialogueRanker(model).Open(images, captions, batch.Special);
            return new DialogueRanker(model).Score(about, batch.Tokens.repeat(2, 1), batch.Mask.repeat(2, 1), batch.Special).reshape(-1).data<float>().ToArray();
        }
    }

    [Fact]
    public void Checkpointing_OfAnyBlocks_ChangesNoBitOfTheGradient()
    {
        var expected = Gradient(0);
        Assert.Equal(expected, Gradient(1));
        Assert.Equal(expected, Gradient(3));

        static float[] Gradient(int blocks)
        {
            using var scope = torch.NewDisposeScope();
            var vision = Vision with { Depth = 3, DropPathRate = 0.5, CheckpointedBlocks = blocks };
            using var model = Initialized(Families.Pretraining(new ModelSpec { Vision = vision, Text = Text with { Dropout = 0.1 }, FeatureWidth = 8 }));
            model.Step(Batch(), new StepSettings { Alpha = 0.4, Random = new SlotRandom(1, 0, 0) });
            return model.Gradient().data<float>().ToArray();
        }
    }

    [Theory]
    [InlineData(0, torch.ScalarType.Float32)]
    [InlineData(2, torch.ScalarType.Float32)]
    [InlineData(0, torch.ScalarType.Float64)] // as on a GPU: what is complete is copied
    public void Step_TellsEachRangeOfTheGradientOnceItIsComplete(int checkpointedBlocks, torch.ScalarType dtype)
    {
        using var scope = torch.NewDisposeScope();
        var vision = Vision with { Depth = 3, CheckpointedBlocks = checkpointedBlocks };
        using var model = new BlipModel(Families.Pretraining(new ModelSpec { Vision = vision, Text = Text, FeatureWidth = 8 }), dtype);
        model.Initialize(seed: 3);
        var batch = Batch();
        if (dtype != torch.ScalarType.Float32) batch = batch with { Images = batch.Images.to(dtype) };
        var settings = new StepSettings { Alpha = 0.4, Random = new SlotRandom(1, 0, 0) };
        float[] whole = new float[model.Layout.ElementCount], gradient = new float[model.Layout.ElementCount];
        model.Step(batch, settings, whole);

        List<(long Start, float[] Values)> told = [];
        model.Step(batch, settings, gradient, (start, length) => told.Add((start, gradient.AsSpan((int)start, (int)length).ToArray())));
        Assert.Equal(whole, gradient);
        long next = 0;
        foreach (var (start, values) in told.OrderBy(part => part.Start))
        {
            Assert.Equal(next, start);
            Assert.Equal(gradient[(int)start..(int)(start + values.Length)], values);
            next += values.Length;
        }
        Assert.Equal(model.Layout.ElementCount, next);
        // The image encoder comes last, block by block from its end; the text transformer does not wait for it.
        string[] names = [.. told.Select(part => model.Layout.Entries.Single(entry => entry.Offset == part.Start).Name)];
        Assert.True(LastOf("text_encoder.") < LastOf("visual_encoder.blocks.2.") && LastOf("visual_encoder.blocks.2.") < LastOf("visual_encoder.blocks.0.") && LastOf("visual_encoder.blocks.0.") < LastOf("visual_encoder.cls_token"));

        int LastOf(string prefix) => Array.FindLastIndex(names, name => name.StartsWith(prefix, StringComparison.Ordinal)) is var place and >= 0 ? place : throw new InvalidOperationException($"No '{prefix}' among {string.Join(", ", names)}.");
    }

    [Fact]
    public void Checkpointing_MoreBlocksThanThereAre_IsRefused() =>
        Assert.Contains("checkpointedBlocks", Assert.Throws<ArgumentOutOfRangeException>(() => (Vision with { CheckpointedBlocks = 2 }).Validate()).Message, StringComparison.Ordinal);

    /// <summary>Gradient descent on one batch, in steps small enough to fall steadily: the last losses, which vary with the negatives drawn, lie below the first.</summary>
    private static void AssertLearns(Composition composition, StepBatch? batch = null, double lessThan = 0.33)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Initialized(composition);
        var losses = new List<double>();
        for (var step = 0; step < 160; step++)
        {
            losses.Add(model.Step(batch ?? Batch(), new StepSettings { Random = new SlotRandom(5, step, 0) }).Total);
            using var noGradient = torch.no_grad();
            model.Weights.PlusInPlace(model.Gradient(), -0.02);
        }
        double last = losses.TakeLast(10).Average();
        Assert.True(last < losses[0] * lessThan, $"The loss went from {losses[0]:f3} to {last:f3}.");
    }

    internal static Composition Of(Part[] parts) => new() { Name = "test", Parts = [.. parts], Objectives = [] };

    private static BlipModel Initialized(Composition composition)
    {
        var model = new BlipModel(composition);
        model.Initialize(seed: 3);
        return model;
    }

    internal static StepBatch Batch()
    {
        var images = new SlotRandom(7, 0, 0).Uniform("images", [6, 3, 8, 8], torch.ScalarType.Float32, torch.CPU).Times(4);
        var tokens = (TensorArithmetic.Rows(6 * 4, torch.CPU) * torch.tensor(7L)).remainder(torch.tensor((long)Vocabulary)).view(6, 4);
        return new StepBatch(images, tokens, torch.ones_like(tokens), TensorArithmetic.Rows(6, torch.CPU), new SpecialTokens(0, 1, 2, 3, 4));
    }

    /// <summary>A family of somebody else: the third token of each text by the others.</summary>
    private sealed record MaskedLanguageModelling(string Head, torch.Tensor Originals) : Objective("mlm")
    {
        public override IEnumerable<Feed> Feeds => [new Feed("head", Head, PartKind.Head)];

        public override BuiltObjective Build(ParameterScope scope) => new Built(this);

        private sealed class Built(MaskedLanguageModelling spec) : BuiltObjective
        {
            public override torch.Tensor Loss(StepGraph graph) =>
                torch.nn.functional.cross_entropy(graph.Part<BuiltHead>(spec.Head).Logits(graph.Value("text").select(1, 2)), spec.Originals);
        }
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
