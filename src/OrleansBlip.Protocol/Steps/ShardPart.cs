using System.Collections.Immutable;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Steps;

/// <summary>
/// A piece of a part of a shard's content, bound for a new backup: a shard of a large model is longer than a message may be. The shard stands still between the pieces: no step is decided before all
/// shards stand open.
/// </summary>
[GenerateSerializer, Immutable, Alias("blip.ShardPart")]
public sealed record ShardPart
{
    /// <summary>Which part.</summary>
    [Id(0)] public required ShardPartKind Kind { get; init; }

    /// <summary>The version.</summary>
    [Id(1)] public required StepNumber Version { get; init; }

    /// <summary>Optimizer updates applied so far.</summary>
    [Id(2)] public required long UpdateCount { get; init; }

    /// <summary>XxHash3 of the little-endian bytes of <see cref="Values"/>.</summary>
    [Id(3)] public required ulong Checksum { get; init; }

    /// <summary>The piece's numbers.</summary>
    [Id(4)] public required FloatBlock Values { get; init; }

    /// <summary>The queue's ids, with the first piece of <see cref="ShardPartKind.QueueTexts"/>.</summary>
    [Id(5)] public ReadOnlyMemory<long> QueueIds { get; init; }

    /// <summary>Where the queue's next entry goes, with <see cref="ShardPartKind.QueueTexts"/>.</summary>
    [Id(6)] public int QueuePointer { get; init; }

    /// <summary>Whether the step's sum is complete, with <see cref="ShardPartKind.Sum"/>.</summary>
    [Id(7)] public bool IsSealed { get; init; }

    /// <summary>What the slots report, with the first piece of <see cref="ShardPartKind.Sum"/>.</summary>
    [Id(8)] public ImmutableArray<SlotReport> Reports { get; init; } = [];

    /// <summary>Features of the slots, with the first piece of <see cref="ShardPartKind.Sum"/>.</summary>
    [Id(9)] public ImmutableArray<FeatureBlock> Features { get; init; } = [];

    /// <summary>Numbers of the whole part.</summary>
    [Id(10)] public required int Length { get; init; }
}
