namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>Where a job stands in its life.</summary>
[GenerateSerializer, Alias("blip.BootstrapState")]
public enum BootstrapState
{
    /// <summary>Nobody has started it.</summary>
    Created = 0,

    /// <summary>It is at work.</summary>
    Running = 1,

    /// <summary>It is about to pause.</summary>
    Pausing = 2,

    /// <summary>It stands still and can be resumed.</summary>
    Paused = 3,

    /// <summary>It is about to stop.</summary>
    Stopping = 4,

    /// <summary>It was stopped.</summary>
    Stopped = 5,

    /// <summary>All rounds are done and the last model is pre-trained.</summary>
    Completed = 6,

    /// <summary>It cannot go on; the status says why. It may be started again once the cause is gone.</summary>
    Failed = 7,
}
