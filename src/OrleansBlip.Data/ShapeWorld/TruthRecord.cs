using System.Collections.Immutable;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>The truth about a sample: what its picture shows, and which of its texts are true.</summary>
public sealed record TruthRecord
{
    /// <summary>The sample's key in its shards.</summary>
    public required string Key { get; init; }

    /// <summary>The scene's identity, as in the sample.</summary>
    public required long ImageId { get; init; }

    /// <summary>What the picture shows.</summary>
    public required Scene Scene { get; init; }

    /// <summary>The sample's texts, in its order.</summary>
    public required ImmutableArray<TruthOfText> Texts { get; init; }
}
