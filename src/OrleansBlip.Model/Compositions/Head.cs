using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Compositions;

/// <summary>A linear classifier over states of <paramref name="From"/>, called by objectives.</summary>
public sealed record Head(string Name, string From, int Classes) : Part(Name)
{
    /// <inheritdoc/>
    public override PartKind Kind => PartKind.Head;

    /// <inheritdoc/>
    public override int OutputWidth => Classes;

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => [new Feed("states", From, PartKind.ImageTokens, PartKind.TextEncoder) { IsFirstTokenOnly = true }];

    /// <inheritdoc/>
    public override BuiltPart Build(ParameterScope scope, Composition composition)
    {
        var inputs = composition[From].OutputWidth;
        return new BuiltHead(new Linear(scope, inputs, Classes, new Initializer.FanIn(inputs)));
    }
}
