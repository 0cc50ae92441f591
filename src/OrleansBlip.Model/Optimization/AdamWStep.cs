namespace OrleansBlip.Model.Optimization;

/// <summary>The numbers of one AdamW update, the same for every shard.</summary>
public readonly record struct AdamWStep
{
    /// <summary>Learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Memory of the first moment.</summary>
    public required double Beta1 { get; init; }

    /// <summary>Memory of the second moment.</summary>
    public required double Beta2 { get; init; }

    /// <summary>Added to the root of the second moment.</summary>
    public required double Epsilon { get; init; }

    /// <summary>Decoupled weight decay.</summary>
    public required double WeightDecay { get; init; }

    /// <summary>What makes the applied gradient of the gradient sum: clip factor / number of slots.</summary>
    public required double GradientScale { get; init; }

    /// <summary>m of EMA' = m·EMA + (1 − m)·θ'.</summary>
    public required double Momentum { get; init; }
}
