namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// Which texts of a gallery are true of which of its pictures, by <see cref="TruthChecker"/>: the hits of retrieval. A text is often true of several
/// pictures, and each of them is a hit. Text t belongs to picture t / <see cref="TextsPerPicture"/>.
/// </summary>
public sealed class GalleryRelevance
{
    private readonly bool[] _isTrue;

    /// <summary>Judges each text against each picture.</summary>
    /// <param name="pictures">The gallery's scenes.</param>
    /// <param name="texts">Their texts, as many for each picture, in the pictures' order.</param>
    /// <exception cref="ArgumentException">The number of texts is no multiple of the number of pictures.</exception>
    public GalleryRelevance(IReadOnlyList<Scene> pictures, IReadOnlyList<string> texts)
    {
        if (pictures.Count == 0 || texts.Count == 0 || texts.Count % pictures.Count != 0)
            throw new ArgumentException($"{texts.Count} texts do not share out among {pictures.Count} pictures: give each picture as many.", nameof(texts));
        (PictureCount, TextCount) = (pictures.Count, texts.Count);
        _isTrue = new bool[TextCount * PictureCount];
        for (var text = 0; text < TextCount; text++)
        {
            if (CaptionParser.Parse(texts[text]) is not { } claim)
                continue;
            for (var picture = 0; picture < PictureCount; picture++)
                _isTrue[text * PictureCount + picture] = claim.IsTrueOf(pictures[picture]);
        }
    }

    /// <summary>Pictures of the gallery.</summary>
    public int PictureCount { get; }

    /// <summary>Texts of the gallery.</summary>
    public int TextCount { get; }

    /// <summary>Texts that belong to one picture.</summary>
    public int TextsPerPicture => TextCount / PictureCount;

    /// <summary>Whether the text is true of the picture.</summary>
    public bool IsTrue(int text, int picture) => _isTrue[text * PictureCount + picture];

    /// <summary>
    /// The ceiling: a ranking that puts what is true first. A query is lost to it only where the gallery holds no true answer.
    /// </summary>
    public RetrievalBound Oracle => Bound(
        picture => TrueTextsOf(picture).Count > 0 ? _ => 1 : _ => 0,
        text => TruePicturesOf(text).Count > 0 ? _ => 1 : _ => 0);

    /// <summary>
    /// What the same ranking would reach, ties broken blindly, if only a text's own picture were a hit: how far the texts tell pictures apart. A text that is
    /// not true of its own picture is never found.
    /// </summary>
    public RetrievalBound OracleOnOwnPairs => Bound(
        picture =>
        {
            var texts = TrueTextsOf(picture);
            var own = texts.Count(text => text / TextsPerPicture == picture);
            return k => ChanceOfHit(texts.Count, own, k);
        },
        text =>
        {
            var pictures = TruePicturesOf(text);
            return k => ChanceOfHit(pictures.Count, pictures.Contains(text / TextsPerPicture) ? 1 : 0, k);
        });

    /// <summary>The floor: a blind ranking.</summary>
    public RetrievalBound Chance => Bound(
        picture => { var hits = TrueTextsOf(picture).Count; return k => ChanceOfHit(TextCount, hits, k); },
        text => { var hits = TruePicturesOf(text).Count; return k => ChanceOfHit(PictureCount, hits, k); });

    private RetrievalBound Bound(Func<int, Func<int, double>> ofPicture, Func<int, Func<int, double>> ofText)
    {
        var pictures = Enumerable.Range(0, PictureCount).Select(ofPicture).ToArray();
        var texts = Enumerable.Range(0, TextCount).Select(ofText).ToArray();
        return new RetrievalBound(
            RecallAtK.Average(PictureCount, (picture, k) => pictures[picture](k)),
            RecallAtK.Average(TextCount, (text, k) => texts[text](k)));
    }

    private List<int> TrueTextsOf(int picture) => [.. Enumerable.Range(0, TextCount).Where(text => IsTrue(text, picture))];

    private List<int> TruePicturesOf(int text) => [.. Enumerable.Range(0, PictureCount).Where(picture => IsTrue(text, picture))];

    // The chance that k draws without replacement from the candidates meet one of the hits.
    private static double ChanceOfHit(int candidates, int hits, int k)
    {
        var miss = 1.0;
        for (var drawn = 0; drawn < Math.Min(k, candidates); drawn++)
            miss *= Math.Max(0, candidates - hits - drawn) / (double)(candidates - drawn);
        return 1 - miss;
    }
}
