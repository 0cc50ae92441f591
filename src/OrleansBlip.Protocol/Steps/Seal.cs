using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard votes: the gradients of all slots are in, and this is their sum's size.</summary>
[GenerateSerializer, Immutable, Alias("blip.Seal")]
public sealed record Seal
{
    /// <summary>The shard's view.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The step.</summary>
    [Id(1)] public required StepNumber Step { get; init; }

    /// <summary>The shard.</summary>
    [Id(2)] public required ShardIndex Shard { get; init; }

    /// <summary>‖g‖² of the mean gradient, one number per chunk of 64 Ki elements, so that the total does not depend on the number of shards.</summary>
    [Id(3)] public required ImmutableArray<double> ChunkSquaredNorms { get; init; }

    /// <summary>Whether the sum is finite throughout.</summary>
    [Id(4)] public required bool Finite { get; init; }

    /// <summary>XxHash3 of the sum's bytes: two seals of one step must agree on it.</summary>
    [Id(5)] public required ulong Digest { get; init; }

    /// <summary>What the slots reported, in slot order; from the lead shard only.</summary>
    [Id(6)] public ImmutableArray<SlotReport> Reports { get; init; } = [];
}
