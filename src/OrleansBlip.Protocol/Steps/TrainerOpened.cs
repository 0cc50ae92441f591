using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Steps;

/// <summary>A trainer has built its computer and awaits leases, or says why it cannot.</summary>
[GenerateSerializer, Immutable, Alias("blip.TrainerOpened")]
public sealed record TrainerOpened
{
    /// <summary>The assignment's view.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The trainer.</summary>
    [Id(1)] public required TrainerId Trainer { get; init; }

    /// <summary>Its life.</summary>
    [Id(2)] public required Incarnation Incarnation { get; init; }

    /// <summary>Why it cannot take part; null when it can.</summary>
    [Id(3)] public string? Problem { get; init; }

    /// <summary>What it computes with; null where it cannot take part.</summary>
    [Id(4)] public NumericProfile? Profile { get; init; }
}
