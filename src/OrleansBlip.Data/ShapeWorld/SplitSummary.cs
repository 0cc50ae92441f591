namespace OrleansBlip.Data.ShapeWorld;

/// <summary>What was written of a split.</summary>
public sealed record SplitSummary
{
    /// <summary>The split.</summary>
    public required ShapeWorldSplit Split { get; init; }

    /// <summary>Its pictures.</summary>
    public required int PictureCount { get; init; }

    /// <summary>Its texts.</summary>
    public required int TextCount { get; init; }

    /// <summary>Its true texts.</summary>
    public required int TrueTextCount { get; init; }

    /// <summary>The version digest of its shards.</summary>
    public required string Digest { get; init; }
}
