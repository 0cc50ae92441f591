using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Shards;

public sealed class ShardPartitionTests
{
    private const int Chunk = ParameterShardState<float>.ChunkElements;

    [Theory]
    [InlineData(40, 0, 0, 1)]
    [InlineData(40, 0, 0, 3)]
    [InlineData(40, 25, 0, 4)] // the decoder, which is last, has no momentum copy
    [InlineData(40, 25, 3000, 4)]
    [InlineData(40, 40, 3000, 7)]
    [InlineData(3, 2, 0, 7)] // fewer chunks than shards
    [InlineData(5, 0, 100_000, 3)] // the queue alone is more than a share
    public void RangeOf_EachShard_IsWholeChunksOfEquallyManyBytes(int chunks, int withCopy, int queue, int shards)
    {
        var model = Model(chunks * (long)Chunk - 5, withCopy * (long)Chunk, queue);
        var ranges = Enumerable.Range(0, shards).Select(shard => ShardPartition.RangeOf(new ShardIndex(shard), shards, model)).ToArray();

        Assert.Equal((0, model.Layout.ElementCount), (ranges[0].Start, ranges[^1].End));
        for (int i = 1; i < shards; i++) Assert.Equal(ranges[i - 1].End, ranges[i].Start);
        Assert.All(ranges, range => Assert.True(range.Start <= range.End && range.Start % Chunk == 0));
        long[] bytes = [.. ranges.Select((range, shard) => BytesOf(model, range, isLead: shard == 0))];
        // A boundary is the nearest, so each end is off by half a chunk at most; the last chunk is always the last shard's.
        long share = bytes.Sum() / shards, chunk = 28L * Chunk;
        Assert.All(bytes[1..], held => Assert.True(held <= share + chunk, $"{held} of {share}"));
        Assert.True(bytes[0] <= Math.Max(share + chunk, BytesOf(model, (0, 0), isLead: true)));
    }

    private static long BytesOf(RunModel model, (long Start, long End) range, bool isLead)
    {
        var (start, end) = ParameterShardState<float>.MomentumRange(model.Layout, range.Start, range.End);
        return 20 * (range.End - range.Start) + 8 * (end - start) + (isLead ? 2L * model.QueueCapacity * (2 * model.QueueWidth * 4 + 8) : 0);
    }

    private static RunModel Model(long elements, long withCopy, int queue)
    {
        var first = new ParameterEntry { Name = "encoder", Shape = [withCopy], Offset = 0, Length = withCopy, MomentumOffset = 0, MomentumName = "encoder_m" };
        var second = new ParameterEntry { Name = "decoder", Shape = [elements - withCopy], Offset = withCopy, Length = elements - withCopy };
        return new RunModel
        {
            Layout = new ParameterLayout(withCopy == 0 ? [second] : withCopy >= elements ? [first with { Shape = [elements], Length = elements }] : [first, second]),
            Optimizer = new OptimizerSettings { LearningRate = ScheduleSpec.Constant(1e-3) },
            QueueCapacity = queue,
            QueueWidth = 64,
        };
    }
}
