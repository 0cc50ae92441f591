using System.Collections.Concurrent;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Tests.DataPlane;

/// <summary>A shard at the far end of the data plane: the real ledger and gate, and what came in for the tests to look at.</summary>
internal sealed class PlaneShard(int length, int headerBytesMax = 1 << 16, int featureBytesMax = 1 << 20) : IBlockShard
{
    private readonly ShardLedger _ledger = new(new ReductionTree(64), new ViewNumber(1), new StepNumber(0));
    private readonly GradientBuffers _buffers = new(length);
    private BlockBounds? _bounds;

    public BlockBounds? Bounds => _bounds ??= new BlockBounds(length, headerBytesMax, sizeof(float) * (long)length + featureBytesMax, _buffers);

    public VersionGate Gate { get; } = new(TimeProvider.System);

    /// <summary>What became of each block that came whole.</summary>
    public ConcurrentQueue<PushOutcome> Outcomes { get; } = new();

    /// <summary>Blocks that are part of the sum, with numbers of their own.</summary>
    public ConcurrentQueue<(GradientBlock Block, float[] Sum)> Accepted { get; } = new();

    /// <summary>A push waits for it.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    public async Task<PushAnswer> PushAsync(GradientBlock block, BlockArrival? arrival)
    {
        await Ready;
        PushOutcome? defect = block.Sum.Length != length ? PushOutcome.BadShape : ChecksumOf(block.Sum, arrival) == block.Checksum ? null : PushOutcome.BadChecksum;
        lock (_ledger)
        {
            var (answer, actions) = _ledger.Push(block.View, block.Step, block.Node, block.Trainer, block.Incarnation, defect);
            Outcomes.Enqueue(answer.Outcome);
            if (actions.Count > 0) Accepted.Enqueue((block, block.Sum.Span.ToArray()));
            arrival?.Memory.Release();
            return answer;
        }
    }

    /// <summary>Sums for a backup, with numbers of their own.</summary>
    public ConcurrentQueue<(SumBlock Block, float[] Sum)> Mirrored { get; } = new();

    public Task<MirrorOutcome> MirrorAsync(SumBlock block, BlockArrival? arrival)
    {
        bool isWhole = ChecksumOf(block.Sum, arrival) == block.Checksum;
        if (isWhole) Mirrored.Enqueue((block, block.Sum.Span.ToArray()));
        arrival?.Memory.Release();
        return Task.FromResult(isWhole ? MirrorOutcome.Held : MirrorOutcome.BadChecksum);
    }

    public Task<PullAnswer> PullAsync(PullRequest request, TimeSpan patience) => Gate.WaitAsync(request, patience);

    /// <summary>What the stream says of the numbers, which must be true.</summary>
    private static ulong ChecksumOf(FloatBlock sum, BlockArrival? arrival)
    {
        ulong checksum = BlockChecksum.Of(sum.Span);
        Assert.Equal(checksum, arrival?.Checksum ?? checksum);
        return checksum;
    }
}
