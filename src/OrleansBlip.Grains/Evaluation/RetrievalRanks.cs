using System.Collections.Immutable;
using OrleansBlip.Model.Metrics;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>
/// Where each query finds its first true answer: 0 for the first place, <see cref="RetrievalRecall.NoRank"/> where the gallery holds none. All R@k follow.
/// </summary>
public sealed record RetrievalRanks
{
    /// <summary>Of each picture that looks for texts, after re-ranking.</summary>
    public required ImmutableArray<int> Pictures { get; init; }

    /// <summary>Of each text that looks for pictures, after re-ranking.</summary>
    public required ImmutableArray<int> Texts { get; init; }

    /// <summary>Of each picture, by ITC alone.</summary>
    public required ImmutableArray<int> ItcPictures { get; init; }

    /// <summary>Of each text, by ITC alone.</summary>
    public required ImmutableArray<int> ItcTexts { get; init; }

    /// <summary>The ranks of several galleries as one.</summary>
    internal static RetrievalRanks Join(IReadOnlyList<RetrievalRanks> galleries) => new()
    {
        Pictures = [.. galleries.SelectMany(gallery => gallery.Pictures)],
        Texts = [.. galleries.SelectMany(gallery => gallery.Texts)],
        ItcPictures = [.. galleries.SelectMany(gallery => gallery.ItcPictures)],
        ItcTexts = [.. galleries.SelectMany(gallery => gallery.ItcTexts)],
    };
}
