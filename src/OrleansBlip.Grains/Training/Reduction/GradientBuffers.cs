using System.Collections.Concurrent;

namespace OrleansBlip.Grains.Training.Reduction;

/// <summary>Buffers of one length that are used again: a gradient is too large to leave to the garbage collector step by step.</summary>
internal sealed class GradientBuffers(long length)
{
    private readonly ConcurrentBag<float[]> _free = [];

    /// <summary>A buffer with any content.</summary>
    public float[] Rent() => _free.TryTake(out float[]? buffer) ? buffer : GC.AllocateUninitializedArray<float>(checked((int)length));

    /// <summary>Takes a buffer back that nobody reads any more.</summary>
    public void Return(float[] buffer) => _free.Add(buffer);
}
