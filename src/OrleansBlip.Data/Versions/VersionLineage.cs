namespace OrleansBlip.Data.Versions;

/// <summary>What a bootstrapped version was made of, and by whom.</summary>
public sealed record VersionLineage
{
    /// <summary>The parent's name, "web".</summary>
    public required string SourceDataset { get; init; }

    /// <summary>Which round of CapFilt this is, from 1.</summary>
    public required int Round { get; init; }

    /// <summary>The run that made it. Like the date, it is noted, and changes no shard.</summary>
    public required string RunId { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The captioner's name.</summary>
    public required string CaptionerId { get; init; }

    /// <summary>The SHA-256 of its weights.</summary>
    public required string CaptionerSha256 { get; init; }

    /// <summary>How it wrote.</summary>
    public required DecodingSettings Decoding { get; init; }

    /// <summary>The filter's name.</summary>
    public required string FilterId { get; init; }

    /// <summary>The SHA-256 of its weights.</summary>
    public required string FilterSha256 { get; init; }

    /// <summary>What the filter put at position 0 of a text: "[ENC]" as in training, or "[CLS]".</summary>
    public required string ItmFirstToken { get; init; }

    /// <summary>The least probability of a match that is kept, 0 to 1.</summary>
    public required double Threshold { get; init; }
}
