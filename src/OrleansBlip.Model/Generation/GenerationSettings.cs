namespace OrleansBlip.Model.Generation;

/// <summary>How captions and answers are decoded. Lengths count the prompt. Defaults are BLIP's; they hurt captions of a few words.</summary>
public sealed record GenerationSettings
{
    /// <summary>The token that ends a sequence.</summary>
    public required long EndId { get; init; }

    /// <summary>What finished rows are fed while others go on.</summary>
    public long PadId { get; init; }

    /// <summary>Longest sequence, prompt and end token included.</summary>
    public int MaxLength { get; init; } = 30;

    /// <summary>Shortest sequence: a shorter one may not end.</summary>
    public int MinLength { get; init; } = 10;

    /// <summary>Above 1: tokens that occurred, the prompt's included, become less likely. The reference fixes 1.1 for nucleus sampling.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Beam search: sequences kept per image.</summary>
    public int Beams { get; init; } = 3;

    /// <summary>Nucleus sampling: the smallest set of tokens with more than this probability is drawn from.</summary>
    public double TopP { get; init; } = 0.9;

    /// <summary>Nucleus sampling: before that, all but as many tokens are ruled out; null for no such limit.</summary>
    public int? TopK { get; init; } = 50;
}
