namespace OrleansBlip.Data.Versions;

/// <summary>How the captioner wrote.</summary>
public sealed record DecodingSettings
{
    /// <summary>What each caption was begun with.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>"nucleus", "beam" or "greedy".</summary>
    public required string Method { get; init; }

    /// <summary>The probability mass that nucleus sampling draws from.</summary>
    public double? TopP { get; init; }

    /// <summary>Beams of beam search.</summary>
    public int? Beams { get; init; }

    /// <summary>1 for none.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>The fewest tokens, prompt included.</summary>
    public required int LengthMin { get; init; }

    /// <summary>The most tokens, prompt included.</summary>
    public required int LengthMax { get; init; }
}
