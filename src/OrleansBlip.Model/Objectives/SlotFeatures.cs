namespace OrleansBlip.Model.Objectives;

/// <summary>Momentum features that one slot adds to the queue of ITC. Legend: b samples, d feature width.</summary>
public sealed record SlotFeatures
{
    /// <summary>(b, d), row-major.</summary>
    public required ReadOnlyMemory<float> Images { get; init; }

    /// <summary>(b, d), row-major.</summary>
    public required ReadOnlyMemory<float> Texts { get; init; }

    /// <summary>(b): image ids; -100 where a sample has none.</summary>
    public required ReadOnlyMemory<long> Ids { get; init; }
}
