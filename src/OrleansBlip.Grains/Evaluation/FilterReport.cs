namespace OrleansBlip.Grains.Evaluation;

/// <summary>How well a filter tells true from untrue texts; null where there are none to tell apart.</summary>
public sealed record FilterReport
{
    /// <summary>Of the web texts kept, the share that is true, 0–1.</summary>
    public required double? Precision { get; init; }

    /// <summary>Of the true web texts, the share that is kept, 0–1.</summary>
    public required double? Recall { get; init; }

    /// <summary>The chance that a true web text scores above an untrue one, ties by half.</summary>
    public required double? AucWeb { get; init; }

    /// <summary>As <see cref="Precision"/>, of synthetic texts.</summary>
    public required double? PrecisionSynthetic { get; init; }

    /// <summary>As <see cref="Recall"/>, of synthetic texts.</summary>
    public required double? RecallSynthetic { get; init; }

    /// <summary>As <see cref="AucWeb"/>, of synthetic texts.</summary>
    public required double? AucSynthetic { get; init; }
}
