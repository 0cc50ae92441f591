namespace OrleansBlip.Model.Optimization;

/// <summary>A value over the steps of a run: learning rate, α of the soft targets, or momentum. A pure function of the step.</summary>
public sealed record ScheduleSpec
{
    /// <summary>The shape; it decides which of the other properties matter.</summary>
    public required ScheduleKind Kind { get; init; }

    /// <summary>The largest value.</summary>
    public required double Peak { get; init; }

    /// <summary>The value at step 0 of a ramp or of a warm-up.</summary>
    public double Start { get; init; }

    /// <summary>The value below which a decay does not go.</summary>
    public double Floor { get; init; }

    /// <summary>Steps until a ramp or a warm-up has reached the peak.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>Share of the run that <see cref="ScheduleKind.WarmupCosine"/> warms up, 0 to 1.</summary>
    public double WarmupFraction { get; init; }

    /// <summary>Factor per epoch of <see cref="ScheduleKind.WarmupThenEpochDecay"/>.</summary>
    public double EpochDecay { get; init; } = 1;

    /// <summary>The same value at every step.</summary>
    public static ScheduleSpec Constant(double value) => new() { Kind = ScheduleKind.Constant, Peak = value };

    /// <summary>The value at <paramref name="step"/>, counted from 0.</summary>
    public double At(long step, RunLength length)
    {
        long epoch = step / length.StepsPerEpoch;
        return Kind switch
        {
            ScheduleKind.Constant => Peak,
            ScheduleKind.Ramp => Schedules.Ramp(step, WarmupSteps, Start, Peak),
            ScheduleKind.WarmupThenEpochDecay when epoch == 0 => Schedules.Ramp(step, WarmupSteps, Start, Peak),
            ScheduleKind.WarmupThenEpochDecay => Schedules.EpochDecay(epoch, Peak, Floor, EpochDecay),
            ScheduleKind.EpochCosine => Schedules.Cosine(epoch, length.Epochs, Peak, Floor),
            ScheduleKind.WarmupCosine => Schedules.WarmupCosine(step, length.Steps, WarmupFraction, Peak, Floor),
            _ => throw new InvalidOperationException($"Schedule kind {Kind} is unknown; known are {string.Join(", ", Enum.GetNames<ScheduleKind>())}."),
        };
    }
}
