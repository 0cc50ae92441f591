using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Protocol.Steps;

/// <summary>A training run, as its shards and trainers see it. Key: the run's id. Every report is enqueued; none is answered but by a new call.</summary>
[Alias("blip.ICoordinator"), GrainInterfaceType("blip.ICoordinator")]
public interface ICoordinator : IGrainWithStringKey
{
    /// <summary>A trainer is ready, or cannot be.</summary>
    [Alias("TrainerOpened")]
    Task TrainerOpened(TrainerOpened report);

    /// <summary>A shard is ready, or cannot be.</summary>
    [Alias("ShardOpened")]
    Task ShardOpened(ShardOpened report);

    /// <summary>A lease has ended.</summary>
    [Alias("LeaseEnded")]
    Task LeaseEnded(LeaseReport report);

    /// <summary>A shard votes.</summary>
    [Alias("Sealed")]
    Task Sealed(Seal seal);

    /// <summary>
    /// A node that takes part is alive. It says so every second; the word itself matters less than that it brings the coordinator back to life on another silo when its own was lost.
    /// </summary>
    [Alias("Beat")]
    Task Beat();

    /// <summary>A node that takes part is about to end, and asks to be let go at the next step boundary; it asks until it is.</summary>
    /// <returns>Whether the run counts on the node no more, so that it may end and nothing is lost.</returns>
    [Alias("Leave")]
    Task<bool> Leave(NodeName node);

    /// <summary>A shard's part of a checkpoint is written, or could not be.</summary>
    [Alias("ShardSaved")]
    Task ShardSaved(ShardSaved report);
}
