using System.Collections.Immutable;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Protocol.Runs;

/// <summary>One decided step, for curves and progress bars.</summary>
[GenerateSerializer, Immutable, Alias("blip.StepRecord")]
public sealed record StepRecord
{
    /// <summary>The step.</summary>
    [Id(0)] public required StepNumber Step { get; init; }

    /// <summary>How it ended.</summary>
    [Id(1)] public required VerdictKind Verdict { get; init; }

    /// <summary>Losses by objective: means over the slots, in slot order.</summary>
    [Id(2)] public required ImmutableArray<SlotLoss> Losses { get; init; }

    /// <summary>‖g‖ of the mean gradient, before clipping.</summary>
    [Id(3)] public required double GradientNorm { get; init; }

    /// <summary>Time from the verdict before to this one.</summary>
    [Id(4)] public required TimeSpan Duration { get; init; }

    /// <summary>Samples of the slots that were not finite, in slot order, numbered as <see cref="SlotReport.SampleIds"/> says; empty in a healthy step.</summary>
    [Id(5)] public ImmutableArray<long> SuspectSamples { get; init; } = [];
}
