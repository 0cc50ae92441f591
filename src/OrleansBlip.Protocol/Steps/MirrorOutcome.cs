namespace OrleansBlip.Protocol.Steps;

/// <summary>What became of a sum that a shard's owner gave to its backup.</summary>
public enum MirrorOutcome
{
    /// <summary>The backup holds it, or has carried that step out already.</summary>
    Held = 0,

    /// <summary>The backup is not there yet: it is still being opened, or has not heard the verdict before. Send it again in a moment.</summary>
    Behind = 1,

    /// <summary>The backup obeys a higher view.</summary>
    Fenced = 2,

    /// <summary>Its bytes do not match its checksum: send it again.</summary>
    BadChecksum = 3,

    /// <summary>Its length is not the shard's: owner and backup disagree about the run.</summary>
    BadShape = 4,
}
