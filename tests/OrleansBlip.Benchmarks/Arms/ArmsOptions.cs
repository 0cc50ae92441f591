using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Benchmarks.Arms;

/// <summary>What is measured. Sizes and thresholds are chosen on val with seeds 0 to 2; the table is made on test with others, once.</summary>
internal sealed record ArmsOptions
{
    /// <summary>Where models, scores and the table go.</summary>
    public required string Out { get; init; }

    /// <summary>The seeds.</summary>
    public required long[] Seeds { get; init; }

    /// <summary>Whether to go on with what the folder holds.</summary>
    public required bool Resume { get; init; }

    /// <summary>What the models are scored on.</summary>
    public required ShapeWorldSplit Split { get; init; }

    /// <summary>Rounds of CapFilt, 1 or 2: the second is one more arm.</summary>
    public required int Rounds { get; init; }

    /// <summary>The least probability of a match that is kept.</summary>
    public required double Threshold { get; init; }

    /// <summary>Steps of a pre-training; null for the recipe's.</summary>
    public required long? PretrainingSteps { get; init; }

    /// <summary>Steps of a finetuning; null for the recipe's.</summary>
    public required long? FinetuningSteps { get; init; }

    /// <summary>The world.</summary>
    public required ShapeWorldSpec World { get; init; }

    /// <summary>Pictures of a gallery.</summary>
    public required int GallerySize { get; init; }
}
