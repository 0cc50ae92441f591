namespace OrleansBlip.Protocol.Steps;

/// <summary>The coordinator asks a trainer for the gradients of some slots of a step.</summary>
[GenerateSerializer, Immutable, Alias("blip.Lease")]
public sealed record Lease
{
    /// <summary>The coordinator's view.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The step, and the version of the parameters to compute it with.</summary>
    [Id(1)] public required StepNumber Step { get; init; }

    /// <summary>The slots, at least one.</summary>
    [Id(2)] public required SlotRange Slots { get; init; }
}
