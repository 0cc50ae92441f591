namespace OrleansBlip.Protocol.Steps;

/// <summary>What became of a pushed block.</summary>
public enum PushOutcome
{
    /// <summary>It is part of the sum. The same push again gets the same answer.</summary>
    Accepted = 0,

    /// <summary>Its slots are in the sum already, from another sender: nothing was done, nothing is missing.</summary>
    Duplicate = 1,

    /// <summary>Its step is not the one being collected.</summary>
    Stale = 2,

    /// <summary>Its view is not the shard's.</summary>
    Fenced = 3,

    /// <summary>Its bytes do not match its checksum: send it again.</summary>
    BadChecksum = 4,

    /// <summary>Its node is not in the tree, or its length is not the shard's: sender and shard disagree about the run.</summary>
    BadShape = 5,
}
