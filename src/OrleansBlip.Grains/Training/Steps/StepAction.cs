using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Steps;

/// <summary>What a coordinator does at the word of its ledger, in the order given.</summary>
internal abstract record StepAction
{
    /// <summary>Ask a trainer for slots.</summary>
    public sealed record IssueLease(TrainerId Trainer, Lease Lease) : StepAction;

    /// <summary>Make the verdict durable; what follows in the list must not happen before it is.</summary>
    public sealed record Persist(Verdict Verdict) : StepAction;

    /// <summary>Tell a shard the verdict, at its owner or its backup.</summary>
    public sealed record Announce(ShardReplica Replica, Verdict Verdict) : StepAction;

    /// <summary>Note a decided step for those who watch.</summary>
    public sealed record Record(Verdict Verdict, ImmutableArray<SlotReport> Reports) : StepAction;

    /// <summary>Slots went from a lost or slow trainer to others.</summary>
    public sealed record Released(TrainerId From, SlotRange Slots) : StepAction;

    /// <summary>A trainer takes no more part: it failed too often in a row. Passing: only the data could not be read there, which may be otherwise later.</summary>
    public sealed record Expel(TrainerId Trainer, string Problem, bool IsPassing) : StepAction;

    /// <summary>A shard's owner and its backup hold different numbers as the same version: one of them computes wrongly.</summary>
    public sealed record Differ(ShardIndex Shard, StepNumber Version) : StepAction;

    /// <summary>Make durable which slots may be killing devices, and who holds them; what follows in the list must not happen before it is.</summary>
    public sealed record Suspect(ImmutableArray<SuspectSlot> Slots) : StepAction;

    /// <summary>A slot has killed too many devices: others must stand in for its samples. The ledger issues no lease before it is begun anew.</summary>
    public sealed record Quarantine(StepNumber Step, int Slot, string Reason) : StepAction;

    /// <summary>All shards have carried out the last verdict and the ledger stands still.</summary>
    public sealed record Rest(RestReason Reason) : StepAction;
}
