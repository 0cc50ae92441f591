namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>
/// How synthetic texts are drawn: nucleus sampling, without what the reference adds to it (top-k, repetition penalty, shortest length), which hurts short
/// captions. Lengths are in tokens, the prompt's included.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.CaptionSettings")]
public sealed record CaptionSettings
{
    /// <summary>Each token is drawn from the smallest set of tokens with more than this probability, above 0 and at most 1.</summary>
    [Id(0)] public double TopP { get; init; } = 0.9;

    /// <summary>At most so many tokens are drawn from; null for no such limit.</summary>
    [Id(1)] public int? TopK { get; init; }

    /// <summary>Above 1, tokens that occurred become less likely.</summary>
    [Id(2)] public double RepetitionPenalty { get; init; } = 1;

    /// <summary>The fewest tokens, 1 or more.</summary>
    [Id(3)] public int LengthMin { get; init; } = 1;

    /// <summary>The most tokens.</summary>
    [Id(4)] public int LengthMax { get; init; } = 30;

    /// <summary>Seed of the draws. A text depends on it, the round, the picture and the captioner alone.</summary>
    [Id(5)] public long Seed { get; init; }
}
