namespace OrleansBlip.Cli.Progress;

/// <summary>How far a phase of a job is.</summary>
internal sealed record PhaseProgress
{
    /// <summary>Name of the phase, the same in each report of it, e.g. <c>pre-train none</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Steps done, 0 to <see cref="StepCount"/>.</summary>
    public required long Step { get; init; }

    /// <summary>Steps to do, at least 1.</summary>
    public required long StepCount { get; init; }

    /// <summary>Samples of one step.</summary>
    public required int SamplesPerStep { get; init; }

    /// <summary>Samples per second, lately; 0 when not known.</summary>
    public double SamplesPerSecond { get; init; }

    /// <summary>Image–text contrastive loss (ITC), when the phase has one.</summary>
    public double? ContrastiveLoss { get; init; }

    /// <summary>Image–text matching loss (ITM), when the phase has one.</summary>
    public double? MatchingLoss { get; init; }

    /// <summary>Language modelling loss (LM), when the phase has one.</summary>
    public double? LanguageModellingLoss { get; init; }

    /// <summary>Time left at the present speed; null when not known.</summary>
    public TimeSpan? Remaining => SamplesPerSecond > 0 ? TimeSpan.FromSeconds((StepCount - Step) * SamplesPerStep / SamplesPerSecond) : null;

    /// <summary>The losses that there are: <c>itc 1.234 itm 0.567 lm 2.345</c>.</summary>
    public string LossText => string.Join(' ', new[] { ("itc", ContrastiveLoss), ("itm", MatchingLoss), ("lm", LanguageModellingLoss) }
        .Where(loss => loss.Item2 is not null).Select(loss => $"{loss.Item1} {loss.Item2:f3}"));

    /// <summary><c>512 samples/s, 2:03 left</c>, or nothing when not known.</summary>
    public string SpeedText => Remaining is { } left ? $"{SamplesPerSecond:f0} samples/s, {(int)left.TotalMinutes}:{left.Seconds:d2} left" : "";
}
