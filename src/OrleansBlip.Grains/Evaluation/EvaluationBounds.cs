using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>Between what retrieval scores lie.</summary>
public sealed record EvaluationBounds
{
    /// <summary>The ceiling: true answers first.</summary>
    public required RetrievalBound Oracle { get; init; }

    /// <summary>What the ceiling would be if only a text's own picture were a hit, ties broken blindly: how far the texts tell pictures apart.</summary>
    public required RetrievalBound OwnPairs { get; init; }

    /// <summary>The floor: a blind ranking.</summary>
    public required RetrievalBound Chance { get; init; }
}
