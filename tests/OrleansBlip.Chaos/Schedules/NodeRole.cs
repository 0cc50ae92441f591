namespace OrleansBlip.Chaos.Schedules;

/// <summary>Which node is meant, when the moment has come.</summary>
internal enum NodeRole
{
    /// <summary>The first by name, which holds the lead shard after most restores.</summary>
    Owner,

    /// <summary>The one where the run's coordinator lives.</summary>
    Coordinator,

    /// <summary>The last by name: where a run has fewer shards than nodes, it only computes.</summary>
    Trainer,
}
