namespace OrleansBlip.Protocol.Runs;

/// <summary>Where a run stands in its life.</summary>
[GenerateSerializer, Alias("blip.RunState")]
public enum RunState
{
    /// <summary>Nobody has started it.</summary>
    Created = 0,

    /// <summary>Shards and trainers are being opened.</summary>
    Starting = 1,

    /// <summary>Steps are being taken.</summary>
    Training = 2,

    /// <summary>It stands at a step boundary, with a checkpoint, and can be resumed.</summary>
    Paused = 3,

    /// <summary>All steps are taken and the last checkpoint is committed.</summary>
    Completed = 4,

    /// <summary>It was stopped at a step boundary, with a checkpoint.</summary>
    Stopped = 5,

    /// <summary>It cannot go on; the status says why.</summary>
    Failed = 6,

    /// <summary>Too many steps in a row had a gradient that is not finite.</summary>
    Diverged = 7,

    /// <summary>It stands at a step boundary while its last checkpoint is written.</summary>
    Checkpointing = 8,

    /// <summary>It goes back to its newest checkpoint, to go on behind the steps that led it astray.</summary>
    RollingBack = 9,
}
