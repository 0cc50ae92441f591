namespace OrleansBlip.Protocol.Steps;

/// <summary>How a lease ended.</summary>
[GenerateSerializer, Alias("blip.LeaseOutcome")]
public enum LeaseOutcome
{
    /// <summary>Every shard holds its gradients.</summary>
    Done = 0,

    /// <summary>The step or the view went on without it, and the trainer is free again.</summary>
    Overtaken = 1,

    /// <summary>It cannot be computed there: the device failed.</summary>
    Failed = 2,

    /// <summary>Its samples cannot be read there now: a disk or a server is away, a file is gone or damaged.</summary>
    Unreadable = 3,
}
