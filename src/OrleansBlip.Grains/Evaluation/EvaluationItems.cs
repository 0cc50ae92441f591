namespace OrleansBlip.Grains.Evaluation;

/// <summary>What a model achieved on each picture and text of a set: what a paired bootstrap needs, too long for a report.</summary>
public sealed record EvaluationItems
{
    /// <summary>The set's version.</summary>
    public required string SetDigest { get; init; }

    /// <summary>Pictures of a gallery.</summary>
    public required int GallerySize { get; init; }

    /// <summary>Retrieval; null for a model that cannot.</summary>
    public RetrievalRanks? Retrieval { get; init; }

    /// <summary>Captions; null for a model that writes none.</summary>
    public WrittenCaptions? Captions { get; init; }
}
