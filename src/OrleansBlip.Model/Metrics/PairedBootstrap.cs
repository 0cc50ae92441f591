namespace OrleansBlip.Model.Metrics;

/// <summary>
/// How sure a difference between two arms is (Efron's percentile bootstrap). Both arms were scored on the same pictures and trained with the same seeds,
/// so the differences are resampled: seeds with replacement, and pictures with replacement, the same pictures for every seed drawn.
/// </summary>
public static class PairedBootstrap
{
    /// <summary>The interval of the mean difference; a pure function of its arguments.</summary>
    /// <param name="differences">(seeds, pictures): score of one arm minus score of the other.</param>
    /// <param name="resamples">How often to resample, at least 100.</param>
    /// <param name="seed">Key of the randomness.</param>
    public static BootstrapInterval Interval(double[,] differences, int resamples = 10_000, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 100);
        var (seeds, pictures) = (differences.GetLength(0), differences.GetLength(1));
        if (seeds == 0 || pictures == 0) throw new ArgumentException("There are no differences to resample.", nameof(differences));
        var means = new double[resamples];
        for (int r = 0; r < resamples; r++)
        {
            ulong state = Mix(Mix(seed) ^ (ulong)r);
            var drawnSeeds = new int[seeds];
            for (int s = 0; s < seeds; s++) drawnSeeds[s] = Draw(ref state, seeds);
            double sum = 0;
            for (int p = 0; p < pictures; p++)
            {
                int picture = Draw(ref state, pictures);
                foreach (int drawn in drawnSeeds) sum += differences[drawn, picture];
            }
            means[r] = sum / ((double)seeds * pictures);
        }
        Array.Sort(means);
        return new BootstrapInterval(differences.Cast<double>().Average(), Quantile(means, 0.025), Quantile(means, 0.975));
    }

    // Between the two nearest order statistics, linearly.
    private static double Quantile(double[] sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = (int)position;
        return below + 1 < sorted.Length ? sorted[below] + (position - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }

    // The high half of a 64-bit product: uniform up to 2^-64 · bound.
    private static int Draw(ref ulong state, int bound) => (int)Math.BigMul(Mix(state++), (ulong)bound, out _);

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
