namespace OrleansBlip.Grains.Training.Shards;

/// <summary>What a shard does with its step; once a verdict is carried out it collects the next one.</summary>
internal enum ShardPhase
{
    /// <summary>Gradients are coming in.</summary>
    Collecting,

    /// <summary>All slots are in, and the backup is yet to hold the sum too.</summary>
    Mirroring,

    /// <summary>All slots are in and the shard has voted, or as a backup holds their sum.</summary>
    Sealed,
}
