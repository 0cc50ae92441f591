using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>Which range of the flat parameter vector each of K shards holds: whole chunks, so that shards take as many bytes as each other. The lead shard has the feature queue as well.</summary>
internal static class ShardPartition
{
    private const int Chunk = ParameterShardState<float>.ChunkElements;

    /// <summary>Bytes of an element: two versions of its weight, two moments, a sum of gradients; and where it has a momentum copy, two versions of that.</summary>
    private const int ElementBytes = 5 * sizeof(float), CopyBytes = 2 * sizeof(float);

    /// <summary>First element of a shard's range, at the start of a chunk, and the element after its last; equal where there are too few chunks.</summary>
    public static (long Start, long End) RangeOf(ShardIndex shard, int shardCount, RunModel model)
    {
        long elements = model.Layout.ElementCount, chunks = (elements + Chunk - 1) / Chunk;
        long queue = 2 * model.QueueBytes, all = queue + BytesBefore(elements);
        return (Boundary(shard.Value), Boundary(shard.Value + 1));

        // The start of the chunk that is nearest to an equal share.
        long Boundary(int index)
        {
            if (index == 0 || index == shardCount) return index == 0 ? 0 : elements;
            long share = all * index / shardCount - queue, least = 0, most = Math.Max(0, chunks - 1);
            while (least < most)
            {
                long middle = (least + most) / 2;
                if (BytesBefore(middle * Chunk) < share) least = middle + 1;
                else most = middle;
            }
            bool isNearerBelow = least > 0 && share - BytesBefore((least - 1) * Chunk) < BytesBefore(least * Chunk) - share;
            return (isNearerBelow ? least - 1 : least) * Chunk;
        }

        long BytesBefore(long element) => ElementBytes * element + CopyBytes * ParameterShardState<float>.MomentumRange(model.Layout, 0, element).End;
    }
}
