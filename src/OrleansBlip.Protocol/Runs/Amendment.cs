using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Protocol.Runs;

/// <summary>
/// A change to a run that its specification does not tell. Either a range of steps that nobody computes: step and data position advance over it, weights, moments,
/// momentum copies and queue do not. Or a slot in quarantine: others stand in for the pictures that it would have held. It is durable, stands in each later checkpoint,
/// and holds again whenever the run comes by.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.Amendment")]
public sealed record Amendment
{
    /// <summary>The first step that it concerns.</summary>
    [Id(0)] public required StepNumber From { get; init; }

    /// <summary>The step after the last one that it concerns.</summary>
    [Id(1)] public required StepNumber End { get; init; }

    /// <summary>Why.</summary>
    [Id(2)] public required string Reason { get; init; }

    /// <summary>
    /// The slot of step <see cref="From"/> whose pictures are replaced in it and in every slot of the steps after it, up to <see cref="End"/>: it kept killing the devices that
    /// computed it. Who stands in for them is a function of data and position alone. Null where steps are left out.
    /// </summary>
    [Id(3)] public int? Slot { get; init; }

    /// <summary>Whether a step is left out by it.</summary>
    public bool Omits(StepNumber step) => Slot is null && From <= step && step < End;
}
