using MessagePack;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>The ticket that a grain call gave out for this connection.</summary>
[MessagePackObject]
internal sealed record HelloHeader
{
    [Key(0)] public required Guid Ticket { get; init; }
}

/// <summary>A gradient block without its numbers, which follow in this order: the sum, then image features, text features and ids of each feature block.</summary>
[MessagePackObject]
internal sealed record PushHeader
{
    [Key(0)] public required long View { get; init; }

    [Key(1)] public required long Step { get; init; }

    [Key(2)] public required int Level { get; init; }

    [Key(3)] public required int Index { get; init; }

    [Key(4)] public required string Node { get; init; }

    [Key(5)] public required int Device { get; init; }

    [Key(6)] public required Guid Incarnation { get; init; }

    /// <summary>That of the sum; whatever else follows has one at its end.</summary>
    [Key(7)] public required ulong Checksum { get; init; }

    [Key(8)] public required byte Precision { get; init; }

    [Key(9)] public required int Length { get; init; }

    [Key(10)] public required ReportHeader[] Reports { get; init; }

    [Key(11)] public required FeatureHeader[] Features { get; init; }
}

/// <summary>A shard's sum of a step without its numbers, which follow as a gradient block's do.</summary>
[MessagePackObject]
internal sealed record SumHeader
{
    [Key(0)] public required long View { get; init; }

    [Key(1)] public required long Step { get; init; }

    [Key(2)] public required ulong Checksum { get; init; }

    [Key(3)] public required byte Precision { get; init; }

    [Key(4)] public required int Length { get; init; }

    [Key(5)] public required ReportHeader[] Reports { get; init; }

    [Key(6)] public required FeatureHeader[] Features { get; init; }
}

/// <summary>What became of a sum.</summary>
[MessagePackObject]
internal sealed record SumAnswerHeader
{
    [Key(0)] public required int Outcome { get; init; }
}

/// <summary>What a slot reports.</summary>
[MessagePackObject]
internal sealed record ReportHeader
{
    [Key(0)] public required int Slot { get; init; }

    [Key(1)] public required string[] LossNames { get; init; }

    [Key(2)] public required double[] LossValues { get; init; }

    [Key(3)] public required bool Finite { get; init; }

    [Key(4)] public required long[] SampleIds { get; init; }
}

/// <summary>A slot's features, by their numbers of elements.</summary>
[MessagePackObject]
internal sealed record FeatureHeader
{
    [Key(0)] public required int Slot { get; init; }

    [Key(1)] public required int ImageLength { get; init; }

    [Key(2)] public required int TextLength { get; init; }

    [Key(3)] public required int IdCount { get; init; }
}

/// <summary>Which version is wanted, and whether the caller has the feature queue of the version before, under the same view.</summary>
[MessagePackObject]
internal sealed record PullHeader
{
    [Key(0)] public required long View { get; init; }

    [Key(1)] public required long Version { get; init; }

    [Key(2)] public required bool HasQueueBefore { get; init; }
}

/// <summary>What became of a pushed block.</summary>
[MessagePackObject]
internal sealed record PushAnswerHeader
{
    [Key(0)] public required int Outcome { get; init; }

    [Key(1)] public required long View { get; init; }

    [Key(2)] public required long Step { get; init; }
}

/// <summary>
/// How a pull ended. Where the version was found its numbers follow, then their checksum: weights, momentum copies, then image features, text features and ids of those
/// rows of the queue that the caller lacks.
/// </summary>
[MessagePackObject]
internal sealed record PullAnswerHeader
{
    [Key(0)] public required int Outcome { get; init; }

    [Key(1)] public long WeightStart { get; init; }

    [Key(2)] public int WeightCount { get; init; }

    [Key(3)] public long MomentumStart { get; init; }

    [Key(4)] public int MomentumCount { get; init; }

    /// <summary>Null where the block has no queue.</summary>
    [Key(5)] public QueueHeader? Queue { get; init; }
}

/// <summary>Rows of a feature queue: <see cref="Rows"/> from <see cref="Start"/> on, and on from its beginning where its end is reached.</summary>
[MessagePackObject]
internal sealed record QueueHeader
{
    /// <summary>Rows of the whole queue.</summary>
    [Key(0)] public required int Count { get; init; }

    /// <summary>Elements of a row.</summary>
    [Key(1)] public required int Width { get; init; }

    [Key(2)] public required int Start { get; init; }

    [Key(3)] public required int Rows { get; init; }
}

/// <summary>Nothing but its kind.</summary>
[MessagePackObject]
internal sealed record EmptyHeader
{
    public static readonly EmptyHeader Value = new();
}
