namespace OrleansBlip.Grains.Training.Slots;

/// <summary>The content of a run before its first step.</summary>
public sealed record InitialParameters
{
    /// <summary>The flat parameter vector.</summary>
    public required ReadOnlyMemory<float> Weights { get; init; }

    /// <summary>The momentum vector, before the first average is taken.</summary>
    public required ReadOnlyMemory<float> Momentum { get; init; }
}
