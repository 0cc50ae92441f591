namespace OrleansBlip.Grains.Training.Shards;

/// <summary>What a node is to a shard.</summary>
internal enum ShardRole
{
    /// <summary>The owner, without a backup.</summary>
    Owner,

    /// <summary>The owner, which votes once its backup holds the sum too.</summary>
    OwnerWithBackup,

    /// <summary>The backup: it takes whole sums from the owner and follows the same verdicts.</summary>
    Backup,
}
