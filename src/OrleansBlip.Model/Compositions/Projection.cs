using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>The first token of a part, projected and L2-normalised: the feature of ITC, (B, <paramref name="Width"/>).</summary>
public sealed record Projection(string Name, string From, int Width) : Part(Name)
{
    /// <summary>Standard deviation of initial weights; null: uniform in ±1/√inputs, the framework's default that the reference keeps.</summary>
    public double? InitialStandardDeviation { get; init; }

    /// <inheritdoc/>
    public override PartKind Kind => PartKind.Feature;

    /// <inheritdoc/>
    public override int OutputWidth => Width;

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => [new Feed("states", From, PartKind.ImageTokens, PartKind.TextEncoder) { IsFirstTokenOnly = true }];

    /// <inheritdoc/>
    public override BuiltPart Build(ParameterScope scope, Composition composition)
    {
        var inputs = composition[From].OutputWidth;
        return new Built(new Linear(scope, inputs, Width, InitialStandardDeviation is { } std ? new Initializer.Normal(std) : new Initializer.FanIn(inputs)), From);
    }

    private sealed class Built(Linear linear, string from) : BuiltPart
    {
        public override torch.Tensor Evaluate(StepGraph graph) => torch.nn.functional.normalize(linear.Forward(graph.First(from)), dim: -1);
    }
}
