namespace OrleansBlip.Model.Optimization;

/// <summary>The formulas behind <see cref="ScheduleSpec"/>; steps and epochs count from 0.</summary>
public static class Schedules
{
    /// <summary>Linear from start at step 0 to peak at <paramref name="rampSteps"/>, then constant: BLIP's warm-up, and its α.</summary>
    public static double Ramp(long step, long rampSteps, double start, double peak) =>
        step >= rampSteps ? peak : start + (peak - start) * step / rampSteps;

    /// <summary><paramref name="peak"/> times <paramref name="decay"/> per epoch, not below <paramref name="floor"/>.</summary>
    public static double EpochDecay(long epoch, double peak, double floor, double decay) => Math.Max(floor, peak * Math.Pow(decay, epoch));

    /// <summary>Half a cosine from <paramref name="peak"/> at 0 to <paramref name="floor"/> at <paramref name="period"/>.</summary>
    public static double Cosine(long position, long period, double peak, double floor) =>
        (peak - floor) * 0.5 * (1 + Math.Cos(Math.PI * position / period)) + floor;

    /// <summary>
    /// Linear over the first ⌈fraction·steps⌉ steps, whose first already learns and whose last reaches the peak; then half a cosine that would reach the
    /// floor at the step after the last.
    /// </summary>
    public static double WarmupCosine(long step, long steps, double fraction, double peak, double floor)
    {
        long warmup = (long)Math.Ceiling(fraction * steps);
        return step < warmup ? peak * (step + 1) / warmup : Cosine(Math.Min(step, steps) - warmup, Math.Max(1, steps - warmup), peak, floor);
    }
}
