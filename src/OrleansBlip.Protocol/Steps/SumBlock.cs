using System.Collections.Immutable;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Steps;

/// <summary>The sum of a step's gradients over all slots, which a shard's owner gives to its backup before it votes: whoever of them is left can carry the verdict out.</summary>
public sealed record SumBlock
{
    /// <summary>The owner's view.</summary>
    public required ViewNumber View { get; init; }

    /// <summary>The step.</summary>
    public required StepNumber Step { get; init; }

    /// <summary>XxHash3 of the little-endian bytes of <see cref="Sum"/>.</summary>
    public required ulong Checksum { get; init; }

    /// <summary>The sum, as many elements as the shard holds.</summary>
    public required FloatBlock Sum { get; init; }

    /// <summary>What the slots report; from the lead shard only.</summary>
    public ImmutableArray<SlotReport> Reports { get; init; } = [];

    /// <summary>Features of the slots; from the lead shard only, and only where the model has a feature queue.</summary>
    public ImmutableArray<FeatureBlock> Features { get; init; } = [];
}
