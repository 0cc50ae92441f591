namespace OrleansBlip.Grains.Evaluation;

/// <summary>Shares of untrue texts, 0–1; null for a share of nothing.</summary>
public sealed record NoiseReport
{
    /// <summary>Of all web texts.</summary>
    public required double? Web { get; init; }

    /// <summary>Of the web texts kept.</summary>
    public required double? KeptWeb { get; init; }

    /// <summary>Of all synthetic texts.</summary>
    public required double? Synthetic { get; init; }

    /// <summary>Of the synthetic texts kept.</summary>
    public required double? KeptSynthetic { get; init; }

    /// <summary>Of all texts kept.</summary>
    public required double? Kept { get; init; }
}
