using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Vision;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Objectives;

public sealed class MatchingLossTests
{
    private static readonly ModelSpec Spec = new()
    {
        Vision = new VisionSpec { ImageSize = 8, PatchSize = 4, Width = 8, Depth = 1, Heads = 2, InitialStandardDeviation = 0.3 },
        Text = new TextSpec { VocabularySize = 20, Width = 8, Depth = 2, Heads = 2, FeedForwardWidth = 16, PositionsMax = 8, Dropout = 0, InitialStandardDeviation = 0.3 },
        FeatureWidth = 8,
    };

    [Fact]
    public void Loss_OneSampleInTheSlot_IsThatOfItsOwnPair() => AssertOwnPairsAlone(Families.Pretraining(Spec), [7]);

    [Fact]
    public void Loss_CaptionsOfOneImageAlone_IsThatOfTheirOwnPairs() => AssertOwnPairsAlone(Families.Filter(Spec), [7, 7, 7]);

    [Fact]
    public void Loss_TwoImagesById_MeetsNoCaptionOfTheSameImage()
    {
        using var scope = torch.NewDisposeScope();
        using var model = new BlipModel(Families.Filter(Spec));
        model.Initialize(1);
        var drawn = new Dictionary<string, torch.Tensor>();
        var settings = new StepSettings
        {
            DrawNegatives = (site, weights) =>
            {
                drawn.Add(site, weights.clone());
                return weights.argmax(1);
            },
        };
        model.Losses(model.Run(Batch([7, 7, 8]), settings));
        foreach (var weights in drawn.Values)
            for (var row = 0; row < 3; row++)
                for (var column = 0; column < 3; column++)
                    Assert.Equal((row == 2) != (column == 2), weights[row, column].item<float>() > 0);
        Assert.Equal(2, drawn.Count);
    }

    private static void AssertOwnPairsAlone(Composition composition, long[] imageIds)
    {
        using var scope = torch.NewDisposeScope();
        using var model = new BlipModel(composition);
        model.Initialize(1);
        torch.Tensor? logits = null;
        var batch = Batch(imageIds);
        var settings = new StepSettings { Random = new SlotRandom(1, 0, 0), Observe = (site, value) => logits = site == "itm/logits" ? value.detach().clone().DetachFromDisposeScope() : logits };
        var loss = model.Step(batch, settings).Losses.Single(pair => pair.Key == "itm").Value;
        using var all = logits!;
        var own = all.narrow(0, 0, imageIds.Length);
        var expected = torch.nn.functional.cross_entropy(own, torch.ones(imageIds.Length, torch.ScalarType.Int64)).item<float>();
        Assert.Equal(expected, loss, 1e-6);
        Assert.True(model.Gradient().isfinite().all().item<bool>());
        Assert.True(model.Gradient().abs().max().item<float>() > 0);
    }

    private static StepBatch Batch(long[] imageIds)
    {
        int count = imageIds.Length, length = 5;
        var pixels = Enumerable.Range(0, count * 3 * 8 * 8).Select(i => (float)Math.Sin(i * 0.37)).ToArray();
        var tokens = Enumerable.Range(0, count * length).Select(i => (long)(5 + i * 7 % 13)).ToArray();
        return new StepBatch(
            torch.tensor(pixels).view(count, 3, 8, 8), torch.tensor(tokens).view(count, length), torch.ones(count, length, torch.ScalarType.Int64), torch.tensor(imageIds), new SpecialTokens(0, 2, 3, 4, 5));
    }
}
