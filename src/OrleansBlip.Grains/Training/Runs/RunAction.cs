using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>What a coordinator does at the word of its run's ledger, in the order given.</summary>
internal abstract record RunAction
{
    /// <summary>Make the record durable; what follows in the list must not happen before it is.</summary>
    public sealed record Persist(RunRecord Record) : RunAction;

    /// <summary>Look for the newest good checkpoint of the run; answered by <see cref="RunLedger.CheckpointFound"/>.</summary>
    public sealed record FindCheckpoint(ViewNumber View, RunRequest Request) : RunAction;

    /// <summary>Ask a node to hold a shard.</summary>
    public sealed record OpenShard(NodeName Node, ShardAssignment Assignment) : RunAction;

    /// <summary>Ask a device to take part.</summary>
    public sealed record OpenTrainer(TrainerId Trainer, TrainerAssignment Assignment) : RunAction;

    /// <summary>Tell shards and trainers that the run needs them no more.</summary>
    public sealed record Close(ViewNumber View, ImmutableArray<(ShardIndex Shard, NodeName Node)> Shards, ImmutableArray<TrainerId> Trainers) : RunAction;

    /// <summary>An action of the step's ledger: a lease, a verdict to announce, a step to note, slots released.</summary>
    public sealed record OfStep(StepAction Action) : RunAction;

    /// <summary>Commit a checkpoint whose objects are all written; answered by <see cref="RunLedger.CheckpointCommitted"/>.</summary>
    public sealed record Commit(StepNumber Version, ImmutableArray<SavedObject> Objects) : RunAction;

    /// <summary>Delete what is left of a checkpoint that could not be written, unless some checkpoint names it all the same. Not before what was to be committed earlier is.</summary>
    public sealed record Discard(ImmutableArray<SavedObject> Objects) : RunAction;

    /// <summary>Hash the weights of a checkpoint; answered by <see cref="RunLedger.Hashed"/>.</summary>
    public sealed record HashWeights(string Checkpoint) : RunAction;

    /// <summary>Look whether the record in storage is still this coordinator's, and give way where it is not. The coordinator's own idea, from time to time; the ledger knows no clock.</summary>
    public sealed record LookAtRecord : RunAction;

    /// <summary>Another coordinator has taken over: give way.</summary>
    public sealed record StepDown : RunAction;
}
