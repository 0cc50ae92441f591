using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>Gradients that are a function of step, slot and shard alone. One in six steps holds a slot that is not finite.</summary>
internal sealed class SimulatedGradients(int slots)
{
    public float[] Of(StepNumber step, int slot, int shard)
    {
        var keyed = new Random(HashCode(step.Value, slot, shard));
        float[] values = [.. Enumerable.Range(0, 3).Select(_ => (float)((keyed.NextDouble() - 0.5) * Math.Pow(2, keyed.Next(-12, 12))))];
        if (IsPoisoned(step) && slot == slots / 2 && shard == 0) values[1] = float.NaN;
        return values;
    }

    public bool IsPoisoned(StepNumber step) => HashCode(step.Value, 99, slots) % 6 == 0;

    /// <summary>The sum of all slots in the fixed tree; null where it is not finite.</summary>
    public float[]? Sum(StepNumber step, int shard)
    {
        if (IsPoisoned(step)) return null;
        var sums = new OrleansBlip.Grains.Training.Reduction.PartialSums(new(slots), Protocol.Runs.GradientPrecision.Float32, recycle: _ => { });
        for (int slot = 0; slot < slots; slot++) sums.Add(slot, Of(step, slot, shard));
        return sums.TakeAll().Single().Sum;
    }

    private static int HashCode(long a, int b, int c) => (int)((uint)(a * 7919 + b * 104729 + c * 1299709 + 12345) * 2654435761u >> 4);
}
