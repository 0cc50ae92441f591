using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Compositions;

/// <summary>A classifier with one hidden layer of <paramref name="Width"/> rectified units over states of <paramref name="From"/>, called by objectives.</summary>
public sealed record Classifier(string Name, string From, int Width, int Classes) : Part(Name)
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
        var hidden = new Linear(scope.Child("0"), inputs, Width, new Initializer.FanIn(inputs));
        return new BuiltHead(new Linear(scope.Child("2"), Width, Classes, new Initializer.FanIn(Width)), hidden);
    }
}
