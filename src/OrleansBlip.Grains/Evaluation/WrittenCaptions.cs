using System.Collections.Immutable;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>What a model wrote about each picture, and how good it is.</summary>
public sealed record WrittenCaptions
{
    /// <summary>The captions.</summary>
    public required ImmutableArray<string> Texts { get; init; }

    /// <summary>CIDEr of each, times 100.</summary>
    public required ImmutableArray<double> Cider { get; init; }

    /// <summary>Whether each is true as a whole.</summary>
    public required ImmutableArray<bool> AreTrue { get; init; }
}
