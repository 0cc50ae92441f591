using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>Which range of the flat parameter vector each of K shards holds: whole chunks, as evenly as they can be dealt.</summary>
internal static class ShardPartition
{
    private const int Chunk = ParameterShardState<float>.ChunkElements;

    /// <summary>First element of a shard's range and the element after its last; equal where there are more shards than chunks.</summary>
    public static (long Start, long End) RangeOf(ShardIndex shard, int shardCount, long elementCount)
    {
        long chunks = (elementCount + Chunk - 1) / Chunk;
        return (Boundary(shard.Value), Boundary(shard.Value + 1));

        long Boundary(long index) => Math.Min(elementCount, index * chunks / shardCount * Chunk);
    }
}
