namespace OrleansBlip.Protocol.Steps;

/// <summary>Where an opened shard's content comes from.</summary>
[GenerateSerializer, Alias("blip.ShardOrigin")]
public enum ShardOrigin
{
    /// <summary>What the node still holds in memory from a lower view.</summary>
    Memory = 0,

    /// <summary>The run's initial weights.</summary>
    Initial = 1,

    /// <summary>A committed checkpoint.</summary>
    Checkpoint = 2,

    /// <summary>What the shard's owner holds, for a new backup.</summary>
    Owner = 3,
}
