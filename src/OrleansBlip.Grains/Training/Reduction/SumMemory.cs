namespace OrleansBlip.Grains.Training.Reduction;

/// <summary>The memory of a sum that was given up to shards, each of which may keep its part: it goes home when all of them have let it go. Thread-safe.</summary>
/// <param name="buffer">The memory.</param>
/// <param name="home">Where it comes from.</param>
/// <param name="shards">How many shards it is given to.</param>
internal sealed class SumMemory(float[] buffer, GradientBuffers home, int shards = 1)
{
    private int _holders = shards;

    /// <summary>A shard lets it go; once for each.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0) home.Return(buffer);
    }
}
