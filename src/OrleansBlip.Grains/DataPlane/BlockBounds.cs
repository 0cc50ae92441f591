using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>What a shard takes in: the lengths that are believed, and the memory that blocks come into. They are the shard's own, never a sender's.</summary>
/// <param name="Length">Elements of the shard.</param>
/// <param name="HeaderBytesMax">Bytes of the longest header.</param>
/// <param name="BodyBytesMax">Bytes of the longest block.</param>
/// <param name="Buffers">Buffers of the shard's length.</param>
internal sealed record BlockBounds(int Length, int HeaderBytesMax, long BodyBytesMax, GradientBuffers Buffers)
{
    /// <summary>Blocks that come in at once: more wait in their senders' sockets.</summary>
    private const int PlacesMax = 4;

    /// <summary>Who receives a block holds a place until the shard is done with it.</summary>
    public SemaphoreSlim Places { get; } = new(PlacesMax);

    /// <summary>The bounds of a run's shard.</summary>
    public static BlockBounds Of(RunSpec spec, RunModel model, ShardIndex shard, int length, GradientBuffers buffers)
    {
        bool isLead = shard == ShardIndex.Lead;
        // A slot's losses by name, and its samples where it is not finite; a sentence about two pictures has two features.
        int header = 4096 + (isLead ? checked(spec.SlotCount * (512 + 16 * spec.SlotSize)) : 0);
        long features = isLead && model.QueueCapacity > 0 ? 2L * spec.SlotCount * spec.SlotSize * (2 * sizeof(float) * model.QueueWidth + sizeof(long)) : 0;
        return new(length, header, sizeof(float) * (long)length + features, buffers);
    }
}
