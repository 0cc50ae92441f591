namespace OrleansBlip.Model.Text;

/// <summary>Sizes of the text transformer, MED (BLIP §3.1; reference/blip.md §1). Defaults are BERT-base with two added tokens.</summary>
public sealed record TextSpec
{
    /// <summary>Token ids, the added [DEC] and [ENC] included.</summary>
    public int VocabularySize { get; init; } = 30524;

    /// <summary>Channels of a token; a multiple of <see cref="Heads"/>.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Layers.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the feed-forward layer.</summary>
    public int FeedForwardWidth { get; init; } = 3072;

    /// <summary>Longest text, tokens.</summary>
    public int PositionsMax { get; init; } = 512;

    /// <summary>Dropout of embeddings, attention probabilities and branch outputs, 0–1.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Epsilon of layer normalisation.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-12;

    /// <summary>Standard deviation of initial weights. 0.02 is made for width 768; a small model wants about 1/√width.</summary>
    public double InitialStandardDeviation { get; init; } = 0.02;

    /// <summary>
    /// Id whose word embedding gets no gradient by look-up, or -1. BLIP's own models have none: adding [DEC] and [ENC] to BERT's embeddings drops it.
    /// </summary>
    public int FrozenPaddingId { get; init; } = -1;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive or does not divide; the message names it.</exception>
    public void Validate()
    {
        if (VocabularySize < 1) throw new ArgumentOutOfRangeException(nameof(VocabularySize), VocabularySize, "text.vocabularySize must be at least 1.");
        if (Heads < 1 || Width < Heads || Width % Heads != 0) throw new ArgumentOutOfRangeException(nameof(Width), Width, $"text.width must be a positive multiple of text.heads ({Heads}).");
        if (Depth < 1) throw new ArgumentOutOfRangeException(nameof(Depth), Depth, "text.depth must be at least 1.");
        if (FeedForwardWidth < 1) throw new ArgumentOutOfRangeException(nameof(FeedForwardWidth), FeedForwardWidth, "text.feedForwardWidth must be at least 1.");
        if (PositionsMax < 1) throw new ArgumentOutOfRangeException(nameof(PositionsMax), PositionsMax, "text.positionsMax must be at least 1.");
        if (Dropout is < 0 or >= 1) throw new ArgumentOutOfRangeException(nameof(Dropout), Dropout, "text.dropout must be in [0, 1).");
    }
}
