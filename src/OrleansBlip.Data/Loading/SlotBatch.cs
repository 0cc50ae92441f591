using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Loading;

/// <summary>The samples of one slot of a step, ready for the model. B is the slot's size, S the pictures' side, T the texts' length.</summary>
public sealed record SlotBatch
{
    /// <summary>B.</summary>
    public required int Size { get; init; }

    /// <summary>S, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>T.</summary>
    public required int TokenCount { get; init; }

    /// <summary>Pictures of each sample, 1 or 2 (P).</summary>
    public int ImagesPerSample { get; init; } = 1;

    /// <summary>Normalised pictures, (P·B, 3, S, S): all first ones before all second ones.</summary>
    public required float[] Images { get; init; }

    /// <summary>Token ids, (B, T), with [CLS] at 0.</summary>
    public required long[] TokenIds { get; init; }

    /// <summary>1 for tokens and 0 for padding, (B, T).</summary>
    public required long[] AttentionMask { get; init; }

    /// <summary>What each picture shows, (B): equal numbers are the same picture.</summary>
    public required long[] ImageIds { get; init; }

    /// <summary>Answers, where the texts are questions; null otherwise.</summary>
    public SlotAnswers? Answers { get; init; }

    /// <summary>Captions of the pictures, (B, T'), where the texts are dialogues; null otherwise.</summary>
    public TokenBatch? Context { get; init; }

    /// <summary>1 where a sentence, or a dialogue's answer, is true and 0 where it is not, (B), where the texts are such; null otherwise.</summary>
    public long[]? Labels { get; init; }

    /// <summary>Each sample's number as a pair of the data set, (B), as <see cref="Sources.PairSource.Locate"/> takes it: two captions of one picture are two pairs.</summary>
    public required long[] Pairs { get; init; }

    /// <summary>Each picture's key, (B).</summary>
    public required string[] Keys { get; init; }
}
