namespace OrleansBlip.Grains.Faults;

/// <summary>A place in the protocol where a test may let the process die, stand still or fail. Each is passed as often as the protocol comes by.</summary>
public enum Failpoint
{
    /// <summary>A trainer has built its model, and the coordinator has not heard it.</summary>
    TrainerOpened,

    /// <summary>A trainer has taken a lease on.</summary>
    LeaseReceived,

    /// <summary>A trainer has pulled its version and computes next.</summary>
    VersionPulled,

    /// <summary>A trainer has computed the slots of a lease; all sums but those pushed early are still with it.</summary>
    SlotsComputed,

    /// <summary>A trainer is about to push a block.</summary>
    PushBefore,

    /// <summary>A shard has answered a push.</summary>
    PushAfter,

    /// <summary>A shard stands open, and the coordinator has not heard it.</summary>
    ShardOpened,

    /// <summary>A shard holds a block, and the trainer has not heard it.</summary>
    BlockStored,

    /// <summary>A backup has become the shard's owner, and nobody has heard it.</summary>
    BackupPromoted,

    /// <summary>A shard's owner holds all slots of a step, and its backup does not.</summary>
    SumBefore,

    /// <summary>A shard's backup holds the sum of a step, and the owner has not heard it.</summary>
    SumHeld,

    /// <summary>A shard's owner has given a new backup a part of its content.</summary>
    PartGiven,

    /// <summary>A shard holds all slots of a step and is about to vote.</summary>
    SealBefore,

    /// <summary>A shard's vote has been heard.</summary>
    SealAfter,

    /// <summary>A shard has a verdict and has not carried it out.</summary>
    ApplyBefore,

    /// <summary>A shard has carried a verdict out and published the next version; the coordinator has not heard it.</summary>
    ApplyAfter,

    /// <summary>A shard answers a pull.</summary>
    PullAnswered,

    /// <summary>A coordinator has read its record and knows what to do.</summary>
    CoordinatorRecovered,

    /// <summary>A coordinator is about to lease slots to a trainer.</summary>
    LeaseBefore,

    /// <summary>A coordinator has taken a shard's vote down; where it was the last one, the verdict is not durable yet.</summary>
    VoteTaken,

    /// <summary>A coordinator has decided something that is not durable yet.</summary>
    PersistBefore,

    /// <summary>A coordinator's decision is durable, and nobody has heard it.</summary>
    PersistAfter,

    /// <summary>A coordinator is about to tell a shard a verdict.</summary>
    AnnounceBefore,

    /// <summary>A shard has answered a verdict, and the coordinator has not taken it down.</summary>
    AnnounceAfter,

    /// <summary>An object of a checkpoint is durable, and nobody knows it.</summary>
    ObjectWritten,

    /// <summary>All objects of a checkpoint are there, its manifest is not.</summary>
    ManifestBefore,

    /// <summary>A checkpoint's manifest is there, and the latest checkpoint is still the one before.</summary>
    ManifestAfter,

    /// <summary>A checkpoint is the latest one, and the coordinator does not know it yet.</summary>
    LatestMoved,

    /// <summary>A trainer computes a sample next; its subject is the sample's id.</summary>
    SampleTaken,
}
