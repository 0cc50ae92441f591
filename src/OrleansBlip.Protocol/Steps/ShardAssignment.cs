using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Steps;

/// <summary>The coordinator asks a node to hold a shard of a run's parameters.</summary>
[GenerateSerializer, Immutable, Alias("blip.ShardAssignment")]
public sealed record ShardAssignment
{
    /// <summary>The view; it fences everything below.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The run.</summary>
    [Id(1)] public required RunRequest Request { get; init; }

    /// <summary>The shard.</summary>
    [Id(2)] public required ShardIndex Shard { get; init; }

    /// <summary>Shards of the run (K).</summary>
    [Id(3)] public required int ShardCount { get; init; }

    /// <summary>Where the shard's content comes from.</summary>
    [Id(4)] public required ShardOrigin Origin { get; init; }

    /// <summary>The checkpoint to restore, by name, where <see cref="Origin"/> says so.</summary>
    [Id(5)] public string? Checkpoint { get; init; }

    /// <summary>Whether a shard found in memory forgets what it has collected of the step.</summary>
    [Id(6)] public bool DropSums { get; init; }

    /// <summary>A version whose checkpoint was under way when the coordinator was lost: a shard found in memory at this version writes it again. Null for none.</summary>
    [Id(7)] public StepNumber? SaveVersion { get; init; }

    /// <summary>The folder of <see cref="Checkpoint"/>, where it is not the run's own.</summary>
    [Id(8)] public string? CheckpointFolder { get; init; }

    /// <summary>The shard's owner, where this node is to be its backup; null where it is to be the owner itself.</summary>
    [Id(9)] public NodeName? Owner { get; init; }

    /// <summary>The shard's backup, where this node is to be its owner; null for none.</summary>
    [Id(10)] public NodeName? Backup { get; init; }
}
