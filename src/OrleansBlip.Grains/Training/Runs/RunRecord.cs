using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>What is durable of a run: the fence, the last decision, who holds what. Its size does not grow with the steps.</summary>
[GenerateSerializer, Immutable, Alias("blip.RunRecord")]
internal sealed record RunRecord
{
    /// <summary>What was asked for; null before the start.</summary>
    [Id(0)] public RunRequest? Request { get; init; }

    /// <summary>Where the run stands.</summary>
    [Id(1)] public RunState State { get; init; }

    /// <summary>The highest view.</summary>
    [Id(2)] public ViewNumber View { get; init; } = new(0);

    /// <summary>The next step.</summary>
    [Id(3)] public StepNumber Step { get; init; } = new(0);

    /// <summary>The verdict on the step before, for a shard that has not heard it; null at the start and after a restore.</summary>
    [Id(4)] public Verdict? Last { get; init; }

    /// <summary>Steps skipped since the last one applied.</summary>
    [Id(5)] public int SkipsInRow { get; init; }

    /// <summary>The node of each shard, by shard index.</summary>
    [Id(6)] public ImmutableArray<NodeName> Owners { get; init; } = [];

    /// <summary>What was asked of the run at the next step boundary.</summary>
    [Id(7)] public RunWish Wish { get; init; }

    /// <summary>The newest committed checkpoint, by name.</summary>
    [Id(8)] public string? Checkpoint { get; init; }

    /// <summary>Hash of the weights with which the run came to rest.</summary>
    [Id(9)] public string? WeightsSha256 { get; init; }

    /// <summary>What went wrong last.</summary>
    [Id(10)] public string? Problem { get; init; }

    /// <summary>The step of <see cref="Checkpoint"/>; null where there is none.</summary>
    [Id(11)] public StepNumber? CheckpointStep { get; init; }

    /// <summary>What the run is computed with; null until a device has shown it.</summary>
    [Id(12)] public NumericProfile? Profile { get; init; }

    /// <summary>Steps that are left out and slots in quarantine, in the order in which that was decided.</summary>
    [Id(13)] public ImmutableArray<Amendment> Amendments { get; init; } = [];

    /// <summary>The node of each shard's backup, by shard index; empty where there are none.</summary>
    [Id(14)] public ImmutableArray<NodeName> Backups { get; init; } = [];

    /// <summary>Who holds what.</summary>
    public ShardPlacement Placement => new(Owners, Backups);

    /// <summary>Slots that may be killing the devices that compute them, at most those of a step or two; few, or none, while nothing dies.</summary>
    [Id(15)] public ImmutableArray<SuspectSlot> Suspects { get; init; } = [];

    /// <summary>The activation of the coordinator that wrote it.</summary>
    [Id(16)] public Guid Author { get; init; }

    /// <summary>Whether shards are being opened.</summary>
    public bool IsOpening => State is RunState.Starting or RunState.RollingBack;

    /// <summary>Whether there is anything to do.</summary>
    public bool IsUnderWay => IsOpening || State is RunState.Training or RunState.Checkpointing;
}
