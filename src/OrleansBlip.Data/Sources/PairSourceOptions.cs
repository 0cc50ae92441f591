namespace OrleansBlip.Data.Sources;

/// <summary>How a data set is opened.</summary>
public sealed record PairSourceOptions
{
    /// <summary>Where captions come from that do not say it themselves.</summary>
    public CaptionSource Source { get; init; } = CaptionSource.Web;

    /// <summary>Where what is learned about shards without a manifest is kept; null keeps a whole folder's manifest beside its shards.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>The folder that the paths of a JSON list are relative to, or that holds the pictures of dialogues; null for the list's own.</summary>
    public string? ImageRoot { get; init; }

    /// <summary>False to believe the hashes of a manifest without reading every byte.</summary>
    public bool VerifyHashes { get; init; } = true;
}
