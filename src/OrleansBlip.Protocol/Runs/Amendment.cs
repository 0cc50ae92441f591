using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Protocol.Runs;

/// <summary>
/// A change to a run that its specification does not tell: a range of steps that nobody computes. Step and data position advance over it, weights,
/// moments, momentum copies and queue do not. It is durable, stands in each later checkpoint, and holds again whenever the run comes by.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.Amendment")]
public sealed record Amendment
{
    /// <summary>The first step left out.</summary>
    [Id(0)] public required StepNumber From { get; init; }

    /// <summary>The step after the last one left out.</summary>
    [Id(1)] public required StepNumber End { get; init; }

    /// <summary>Why.</summary>
    [Id(2)] public required string Reason { get; init; }

    /// <summary>Whether a step is left out by it.</summary>
    public bool Omits(StepNumber step) => From <= step && step < End;
}
