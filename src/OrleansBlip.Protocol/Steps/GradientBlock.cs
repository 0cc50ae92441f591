using System.Collections.Immutable;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Steps;

/// <summary>A trainer pushes to one shard the sum over the slots of one tree node, for the shard's range of the flat parameter order.</summary>
public sealed record GradientBlock
{
    /// <summary>The lease's view.</summary>
    public required ViewNumber View { get; init; }

    /// <summary>The step.</summary>
    public required StepNumber Step { get; init; }

    /// <summary>The slots, as a node of the fixed tree.</summary>
    public required TreeNode Node { get; init; }

    /// <summary>The sender.</summary>
    public required TrainerId Trainer { get; init; }

    /// <summary>The sender's life.</summary>
    public required Incarnation Incarnation { get; init; }

    /// <summary>XxHash3 of the little-endian bytes of <see cref="Sum"/>.</summary>
    public required ulong Checksum { get; init; }

    /// <summary>The sum, as many elements as the shard holds.</summary>
    public required FloatBlock Sum { get; init; }

    /// <summary>What the node's slots report; in blocks for the lead shard only.</summary>
    public ImmutableArray<SlotReport> Reports { get; init; } = [];

    /// <summary>Features of the node's slots; in blocks for the lead shard only, and only where the model has a feature queue.</summary>
    public ImmutableArray<FeatureBlock> Features { get; init; } = [];
}
