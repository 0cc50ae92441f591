using System.Runtime.InteropServices;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Tests.Compositions;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Weights;

/// <summary>A model waits for each parameter before it reads it, and for none longer than it must.</summary>
public sealed class ParameterArrivalTests
{
    [Theory]
    [InlineData(SharedLayers.AllButSelfAttention, 0)]
    [InlineData(SharedLayers.None, 2)]
    public void Step_WhoseParametersComeWhenTheyAreRead_HasTheSameGradient(SharedLayers sharing, int checkpointedBlocks)
    {
        using var scope = torch.NewDisposeScope();
        using var whole = Initialized(sharing, checkpointedBlocks);
        float[] expected = new float[whole.Layout.ElementCount], gradient = new float[whole.Layout.ElementCount];
        whole.Step(CompositionTests.Batch(), Settings(), expected);

        using var values = new FlatParameters(whole.Layout);
        using var model = new BlipModel(whole.Composition, values);
        var arrival = new OnDemand(whole, values);
        model.Read(values, arrival);
        bool wasAllThere = false;
        model.Step(CompositionTests.Batch(), Settings(), gradient, (_, _) => wasAllThere = arrival.Awaited[^1] == OnDemand.All);
        Assert.Equal(expected, gradient);
        // Whoever hears of a part of the gradient may send it on: by then nothing can turn out to be damaged.
        Assert.True(wasAllThere);
        Assert.Equal(whole.Layout.Entries.Select(entry => entry.Name).Append(OnDemand.All).Order(), arrival.Awaited.Where(name => !name.EndsWith("(momentum)", StringComparison.Ordinal)).Order());
        // The image encoder is through before anything of the text transformer is needed.
        Assert.True(arrival.Awaited.FindLastIndex(name => name.StartsWith("visual_encoder.", StringComparison.Ordinal) && !name.EndsWith("(momentum)", StringComparison.Ordinal))
            < arrival.Awaited.FindIndex(name => name.StartsWith("text_encoder.", StringComparison.Ordinal)));
    }

    [Fact]
    public void Step_WhoseParametersDoNotCome_EndsAndLeavesTheModelUsable()
    {
        using var scope = torch.NewDisposeScope();
        using var whole = Initialized(SharedLayers.AllButSelfAttention, checkpointedBlocks: 0);
        float[] expected = new float[whole.Layout.ElementCount], gradient = new float[whole.Layout.ElementCount];
        whole.Step(CompositionTests.Batch(), Settings(), expected);

        using var values = new FlatParameters(whole.Layout);
        using var model = new BlipModel(whole.Composition, values);
        model.Read(values, new OnDemand(whole, values) { Fails = "text_encoder.encoder.layer.1.output.dense.weight" });
        Assert.Throws<ParametersLostException>(() => model.Step(CompositionTests.Batch(), Settings(), gradient));
        model.Read(values, new OnDemand(whole, values));
        model.Step(CompositionTests.Batch(), Settings(), gradient);
        Assert.Equal(expected, gradient);
    }

    private static BlipModel Initialized(SharedLayers sharing, int checkpointedBlocks)
    {
        var vision = CompositionTests.Vision with { Depth = 3, CheckpointedBlocks = checkpointedBlocks, DropPathRate = 0.3 };
        var model = new BlipModel(Families.Pretraining(new ModelSpec { Vision = vision, Text = CompositionTests.Text with { Dropout = 0.1 }, FeatureWidth = 8, Sharing = sharing }));
        model.Initialize(seed: 3);
        return model;
    }

    private static StepSettings Settings() => new() { Alpha = 0.4, Random = new SlotRandom(1, 0, 0) };

    /// <summary>Values that are no numbers until they are awaited.</summary>
    private sealed class OnDemand : IParameterArrival
    {
        public const string All = "all";

        private readonly BlipModel _source;
        private readonly FlatParameters _values;

        public OnDemand(BlipModel source, FlatParameters values)
        {
            (_source, _values) = (source, values);
            Floats(values.Weights).Fill(float.NaN);
            Floats(values.Momentum).Fill(float.NaN);
        }

        public List<string> Awaited { get; } = [];

        public string? Fails { get; init; }

        public bool IsComplete => false;

        public void AwaitWeights(long start, long length) => Bring(
            _source.Layout.Entries.Single(entry => entry.Offset == start && entry.Length == length).Name, Floats(_source.Weights).Slice((int)start, (int)length), Floats(_values.Weights)[(int)start..]);

        public void AwaitMomentum(long start, long length) => Bring(
            _source.Layout.Entries.Single(entry => entry.MomentumOffset == start && entry.Length == length).Name + " (momentum)", Floats(_source.Momentum).Slice((int)start, (int)length), Floats(_values.Momentum)[(int)start..]);

        public void AwaitAll() => Awaited.Add(All);

        private void Bring(string name, Span<float> from, Span<float> to)
        {
            if (name == Fails) throw new ParametersLostException();
            if (!Awaited.Contains(name)) Awaited.Add(name);
            from.CopyTo(to);
        }

        private static Span<float> Floats(torch.Tensor flat) => MemoryMarshal.Cast<byte, float>(flat.bytes);
    }
}
