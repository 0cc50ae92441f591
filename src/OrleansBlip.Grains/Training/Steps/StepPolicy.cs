using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Training.Steps;

/// <summary>The numbers by which a ledger decides.</summary>
internal sealed record StepPolicy
{
    /// <summary>Slots of a step (V).</summary>
    public required int SlotCount { get; init; }

    /// <summary>Parameter shards (K).</summary>
    public required int ShardCount { get; init; }

    /// <summary>Whether each shard has a backup.</summary>
    public bool HasBackups { get; init; }

    /// <summary>Steps of the run.</summary>
    public required long Steps { get; init; }

    /// <summary>Steps between checkpoints; 0 for none but those at a rest.</summary>
    public long CheckpointInterval { get; init; }

    /// <summary>Whether the ledger holds at the very step with which it begins, whose checkpoint is written or about to be.</summary>
    public bool RestsAtOnce { get; init; }

    /// <summary>Steps in a row that may be skipped.</summary>
    public int SkipsInRowMax { get; init; } = 5;

    /// <summary>Steps that are left out, and slots in quarantine.</summary>
    public ImmutableArray<Amendment> Amendments { get; init; } = [];

    /// <summary>Slots that may be in quarantine in all; 0 where nobody looks for those that kill devices.</summary>
    public int QuarantinesMax { get; init; }

    /// <summary>Slots that may be killing devices, as they are durable.</summary>
    public ImmutableArray<SuspectSlot> Suspects { get; init; } = [];

    /// <summary>Times a step may be tried again.</summary>
    public int RetriesInRowMax { get; init; } = 3;

    /// <summary>Leases in a row that a trainer may fail.</summary>
    public int FailuresInRowMax { get; init; } = 3;

    /// <summary>A lease is late past this multiple of what the median trainer takes for it.</summary>
    public double LateFactor { get; init; } = 1.5;

    /// <summary>And not before this much time beyond it: a pause of the scheduler is no straggler.</summary>
    public TimeSpan LateMargin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A verdict that no shard has confirmed is sent again after this time.</summary>
    public TimeSpan ResendInterval { get; init; } = TimeSpan.FromSeconds(2);
}
