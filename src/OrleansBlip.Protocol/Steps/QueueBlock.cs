using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Steps;

/// <summary>The feature queue as one version sees it. Legend: K entries, d feature width.</summary>
public sealed record QueueBlock
{
    /// <summary>Image features, (K, d) row by row.</summary>
    public required FloatBlock Image { get; init; }

    /// <summary>Text features, (K, d) row by row.</summary>
    public required FloatBlock Text { get; init; }

    /// <summary>The pictures' ids, (K).</summary>
    public required ReadOnlyMemory<long> Ids { get; init; }

    /// <summary>First of the entries that the version before has not, or not with this content; they go on from the first entry where the last is reached.</summary>
    public int FreshStart { get; init; }

    /// <summary>How many they are; null for all of them.</summary>
    public int? FreshCount { get; init; }
}
