namespace OrleansBlip.Model.Weights;

/// <summary>How a tensor starts when no checkpoint gives it: BLIP's schemes (reference models/vit.py, med.py).</summary>
public abstract record Initializer
{
    /// <summary>All elements the same.</summary>
    public sealed record Constant(double Value) : Initializer;

    /// <summary>Normal with mean 0.</summary>
    public sealed record Normal(double StandardDeviation) : Initializer;

    /// <summary>Normal with mean 0, cut off at ±2 (absolute, as the reference's trunc_normal_).</summary>
    public sealed record TruncatedNormal(double StandardDeviation) : Initializer;

    /// <summary>Uniform in ±1/√fanIn, the framework's default of a convolution.</summary>
    public sealed record FanIn(long Inputs) : Initializer;

    /// <summary>All zero.</summary>
    public static Initializer Zeros { get; } = new Constant(0);

    /// <summary>All one.</summary>
    public static Initializer Ones { get; } = new Constant(1);
}
