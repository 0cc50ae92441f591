namespace OrleansBlip.Model.Optimization;

/// <summary>How gradients become weights, and weights become momentum weights. The defaults are BLIP's pre-training.</summary>
public sealed record OptimizerSettings
{
    /// <summary>Learning rate by step.</summary>
    public ScheduleSpec LearningRate { get; init; } = new()
    {
        Kind = ScheduleKind.WarmupThenEpochDecay,
        Peak = 3e-4,
        Start = 1e-6,
        Floor = 1e-6,
        WarmupSteps = 3000,
        EpochDecay = 0.9,
    };

    /// <summary>Memory of the first moment, 0 to 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Memory of the second moment, 0 to 1.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment, above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay, a factor of the learning rate.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>What decays.</summary>
    public DecayRule Decay { get; init; } = DecayRule.All;

    /// <summary>Largest norm of the mean gradient; a longer one is scaled down to it. Null for no limit.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>m of the momentum encoders by step: EMA' = m·EMA + (1 − m)·θ.</summary>
    public ScheduleSpec Momentum { get; init; } = ScheduleSpec.Constant(0.995);

    /// <summary>The numbers for the update that makes version <paramref name="step"/> + 1.</summary>
    /// <param name="step">The step whose gradient is applied, from 0.</param>
    /// <param name="length">The run.</param>
    /// <param name="slotCount">Slots in the gradient sum, which is divided by it.</param>
    /// <param name="squaredNorm">‖g‖² of the mean gradient; matters when <see cref="ClipNorm"/> is set.</param>
    public AdamWStep StepAt(long step, RunLength length, int slotCount, double squaredNorm) => new()
    {
        LearningRate = LearningRate.At(step, length),
        Beta1 = Beta1,
        Beta2 = Beta2,
        Epsilon = Epsilon,
        WeightDecay = WeightDecay,
        GradientScale = ClipFactor(squaredNorm) / slotCount,
        // The new version is what step + 1 trains against, so it is averaged with that step's momentum.
        Momentum = Momentum.At(step + 1, length),
    };

    // The 1e-6 is that of torch.nn.utils.clip_grad_norm_.
    private double ClipFactor(double squaredNorm) => ClipNorm is { } limit ? Math.Min(1, limit / (Math.Sqrt(squaredNorm) + 1e-6)) : 1;
}
