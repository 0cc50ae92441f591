using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Steps;

/// <summary>One shard's part of a version: weights, momentum copies and, from the lead shard, the feature queue. They are published together.</summary>
public sealed record ParameterBlock
{
    /// <summary>The version.</summary>
    public required StepNumber Version { get; init; }

    /// <summary>First element of <see cref="Weights"/> in the flat parameter order.</summary>
    public required long WeightStart { get; init; }

    /// <summary>The shard's range of the weights.</summary>
    public required FloatBlock Weights { get; init; }

    /// <summary>First element of <see cref="Momentum"/> in the momentum vector.</summary>
    public required long MomentumStart { get; init; }

    /// <summary>The momentum copies (EMA) of the range.</summary>
    public required FloatBlock Momentum { get; init; }

    /// <summary>The feature queue; null where the model has none, and in blocks of other shards.</summary>
    public QueueBlock? Queue { get; init; }

    /// <summary>
    /// Whether weights and momentum copies are in the shard's own memory, which stays as it is until the step after the next is decided: who computes the version in the shard's process
    /// need not copy them. It is false wherever the block has travelled.
    /// </summary>
    public bool IsInShardMemory { get; init; }
}
