namespace OrleansBlip.Protocol.Steps;

/// <summary>What a trainer says to a lease.</summary>
[GenerateSerializer, Alias("blip.LeaseAnswer")]
public enum LeaseAnswer
{
    /// <summary>It will be computed.</summary>
    Queued = 0,

    /// <summary>The trainer does not take part in the run, or not yet: it must be asked to join.</summary>
    NotJoined = 1,

    /// <summary>The trainer knows a higher view.</summary>
    Fenced = 2,
}
