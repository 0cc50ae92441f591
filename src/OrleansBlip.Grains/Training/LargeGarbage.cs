namespace OrleansBlip.Grains.Training;

/// <summary>
/// Arrays as long as a model, when nobody needs them any more. Nothing else that large is allocated for a long time, so the collector would see no reason to look, and a model's
/// initial weights would stay in memory for the whole run.
/// </summary>
internal static class LargeGarbage
{
    private const long WorthwhileBytes = 256L << 20;

    /// <summary>Gives memory back to the system, if it is <paramref name="elements"/> float32 numbers that are worth the pause.</summary>
    public static void Collect(long elements)
    {
        if (elements * sizeof(float) >= WorthwhileBytes) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <inheritdoc cref="Collect"/>
    public static async Task CollectAsync(long elements)
    {
        // The caller may run on the stack of the method that it awaited last, whose variables are still there.
        await Task.Yield();
        Collect(elements);
    }
}
