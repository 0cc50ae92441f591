namespace OrleansBlip.Protocol.Steps;

/// <summary>A trainer reports the end of a lease.</summary>
[GenerateSerializer, Immutable, Alias("blip.LeaseReport")]
public sealed record LeaseReport
{
    /// <summary>The lease's view.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The lease's step.</summary>
    [Id(1)] public required StepNumber Step { get; init; }

    /// <summary>The lease's slots.</summary>
    [Id(2)] public required SlotRange Slots { get; init; }

    /// <summary>Who held it.</summary>
    [Id(3)] public required TrainerId Trainer { get; init; }

    /// <summary>In which of its lives.</summary>
    [Id(4)] public required Incarnation Incarnation { get; init; }

    /// <summary>How it ended.</summary>
    [Id(5)] public required LeaseOutcome Outcome { get; init; }

    /// <summary>Time spent computing all its slots, without waiting for parameters or pushing; zero unless done.</summary>
    [Id(6)] public TimeSpan Compute { get; init; }

    /// <summary>What went wrong, in one line; null unless failed or unreadable.</summary>
    [Id(7)] public string? Problem { get; init; }

    /// <summary>The slot at whose computation the device failed; null where it did not, or where something else failed.</summary>
    [Id(8)] public int? FailedSlot { get; init; }
}
