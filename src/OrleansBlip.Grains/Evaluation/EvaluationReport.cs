namespace OrleansBlip.Grains.Evaluation;

/// <summary>
/// The scores of a model on a set, as percentages of their best; null for what the model cannot do. Retrieval "t" is a picture's search for texts (TR),
/// "i" a text's search for pictures (IR), the number is k of R@k, "itc" is before re-ranking.
/// </summary>
public sealed record EvaluationReport
{
    /// <summary>The model.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>The set's split, val or test.</summary>
    public required string Split { get; init; }

    /// <summary>The set's version.</summary>
    public required string SetDigest { get; init; }

    /// <summary>Pictures scored.</summary>
    public required int PictureCount { get; init; }

    /// <summary>Pictures of a gallery.</summary>
    public required int GallerySize { get; init; }

    /// <summary>Mean of <see cref="Tr1"/> and <see cref="Ir1"/>.</summary>
    public double? MeanR1 => (Tr1 + Ir1) / 2;

    /// <summary>TR@1.</summary>
    public double? Tr1 { get; init; }

    /// <summary>TR@5.</summary>
    public double? Tr5 { get; init; }

    /// <summary>TR@10.</summary>
    public double? Tr10 { get; init; }

    /// <summary>IR@1.</summary>
    public double? Ir1 { get; init; }

    /// <summary>IR@5.</summary>
    public double? Ir5 { get; init; }

    /// <summary>IR@10.</summary>
    public double? Ir10 { get; init; }

    /// <summary>Mean of <see cref="ItcTr1"/> and <see cref="ItcIr1"/>.</summary>
    public double? ItcMeanR1 => (ItcTr1 + ItcIr1) / 2;

    /// <summary>TR@1 by ITC alone.</summary>
    public double? ItcTr1 { get; init; }

    /// <summary>TR@5 by ITC alone.</summary>
    public double? ItcTr5 { get; init; }

    /// <summary>TR@10 by ITC alone.</summary>
    public double? ItcTr10 { get; init; }

    /// <summary>IR@1 by ITC alone.</summary>
    public double? ItcIr1 { get; init; }

    /// <summary>IR@5 by ITC alone.</summary>
    public double? ItcIr5 { get; init; }

    /// <summary>IR@10 by ITC alone.</summary>
    public double? ItcIr10 { get; init; }

    /// <summary>CIDEr of greedy captions, times 100 (it can exceed 100).</summary>
    public double? Cider { get; init; }

    /// <summary>F1 of (colour, shape) pairs in the captions.</summary>
    public double? AttributeAccuracy { get; init; }

    /// <summary>F1 of colours in the captions.</summary>
    public double? ColourF1 { get; init; }

    /// <summary>F1 of shapes in the captions.</summary>
    public double? ShapeF1 { get; init; }

    /// <summary>Captions of which every word holds.</summary>
    public double? WholeTrue { get; init; }
}
