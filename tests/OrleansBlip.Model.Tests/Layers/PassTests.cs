using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Tests.Compositions;
using OrleansBlip.Model.Vision;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Layers;

public sealed class PassTests : IDisposable
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory, InlineData(0.1), InlineData(0.25), InlineData(0.5)]
    public void DropPath_OfManySamples_KeepsTheShareOfThemAndScalesThose(double rate)
    {
        const int Samples = 20_000, Values = 3;
        var kept = Dropped(new Pass("vision", new SlotRandom(1, 2, 3)), Samples, Values, rate);
        // A sample stays or goes as a whole, and what stays is larger by 1/(1 − rate).
        Assert.All(kept, row => Assert.True(row.All(value => value == 0) || row.All(value => Math.Abs(value - 1 / (1 - rate)) < 1e-6), string.Join(' ', row)));
        double share = kept.Count(row => row[0] != 0) / (double)Samples, deviation = Math.Sqrt(rate * (1 - rate) / Samples);
        Assert.InRange(share, 1 - rate - 4 * deviation, 1 - rate + 4 * deviation);
    }

    [Fact]
    public void DropPath_IsAFunctionOfSlotPassAndSite()
    {
        var first = Dropped(new Pass("vision", new SlotRandom(1, 2, 3)), 64, 1, 0.5);
        Assert.Equal(first, Dropped(new Pass("vision", new SlotRandom(1, 2, 3)), 64, 1, 0.5));
        Assert.NotEqual(first, Dropped(new Pass("vision_m", new SlotRandom(1, 2, 3)), 64, 1, 0.5));
        Assert.NotEqual(first, Dropped(new Pass("vision", new SlotRandom(1, 2, 4)), 64, 1, 0.5));
        Assert.NotEqual(first, Dropped(new Pass("vision", new SlotRandom(1, 2, 3)), 64, 1, 0.5, "block1.mlp"));
    }

    [Fact]
    public void DropPath_InEvaluationOrWithoutARate_ChangesNothing()
    {
        Assert.All(Dropped(Pass.Evaluation, 64, 1, 0.5), row => Assert.Equal([1f], row));
        Assert.All(Dropped(new Pass("vision", new SlotRandom(1, 2, 3)), 64, 1, 0), row => Assert.Equal([1f], row));
    }

    [Fact]
    public void Vision_DropPathRate_RisesLinearlyFromZeroInTheFirstBlock()
    {
        const int Samples = 4_000;
        var vision = new VisionSpec { ImageSize = 2, PatchSize = 2, Width = 4, Depth = 3, Heads = 1, DropPathRate = 0.4, InitialStandardDeviation = 0.5 };
        using var model = new BlipModel(CompositionTests.Of([new VisionEncoder("vision", vision)]));
        model.Initialize(seed: 3);
        var seen = new Dictionary<string, float[][]>();
        var settings = new StepSettings { Random = new SlotRandom(1, 0, 0), Observe = (site, value) => seen[site] = [.. value.reshape(-1).data<float>().ToArray().Chunk((int)(value.numel() / Samples))] };
        using (torch.no_grad()) model.Run(CompositionTests.Batch() with { Images = torch.ones(Samples, 3, 2, 2) }, settings).Value("vision");
        double[] rates = [0, 0.2, 0.4];
        var before = seen["vision/embeddings"];
        for (var block = 0; block < rates.Length; block++)
        {
            // What a block is given comes out as it was where both of its branches are dropped.
            var after = seen[$"vision/block{block}.out"];
            var dropped = before.Zip(after).Count(rows => rows.First.SequenceEqual(rows.Second)) / (double)Samples;
            double both = rates[block] * rates[block], deviation = Math.Sqrt(both * (1 - both) / Samples);
            Assert.InRange(dropped, both - 4 * deviation, both + 4 * deviation);
            before = after;
        }
    }

    private static float[][] Dropped(Pass pass, int samples, int values, double rate, string site = "block1.attn") =>
        [.. pass.DropPath(torch.ones(samples, values), rate, site).data<float>().ToArray().Chunk(values)];
}
