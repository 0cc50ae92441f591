using OrleansBlip.Data.Sources;

namespace OrleansBlip.Data.Versions;

/// <summary>A caption of a picture with what the filter thinks of it.</summary>
public sealed record ScoredCaption
{
    /// <summary>The caption, as it would be trained on.</summary>
    public required string Text { get; init; }

    /// <summary>The caption as it was found or decoded, where it differs.</summary>
    public string? RawText { get; init; }

    /// <summary>Where it comes from.</summary>
    public required CaptionSource Source { get; init; }

    /// <summary>The seed that it was sampled with, of a synthetic caption.</summary>
    public long? Seed { get; init; }

    /// <summary>Σ ln p of its tokens, of a synthetic caption.</summary>
    public double? LogProbability { get; init; }

    /// <summary>The filter's probability that it matches the picture (softmax of the ITM head), 0 to 1.</summary>
    public required double ItmProbability { get; init; }

    /// <summary>The logit of a match.</summary>
    public required double ItmLogit { get; init; }

    /// <summary>The cosine of the projected features, −1 to 1.</summary>
    public required double ItcSimilarity { get; init; }

    /// <summary>Why it is rejected; null where it is kept.</summary>
    public string? RejectReason { get; init; }
}
