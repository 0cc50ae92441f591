namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// How well captions name what their pictures show, micro-averaged: over all captions, hits are the distinct items that a caption names and its scene
/// holds, and F1 = 2·hits / (items named + items held), as a percentage. What a caption names is read word by word (<see cref="CaptionMentions"/>),
/// so a caption that cannot be parsed counts too; a caption that names one of two objects loses recall.
/// </summary>
public sealed record AttributeScores
{
    /// <summary>F1 of (colour, shape) pairs, 0 to 100.</summary>
    public required double PairF1 { get; init; }

    /// <summary>F1 of colours alone, 0 to 100.</summary>
    public required double ColourF1 { get; init; }

    /// <summary>F1 of shapes alone, 0 to 100.</summary>
    public required double ShapeF1 { get; init; }

    /// <summary>The percentage of captions that <see cref="TruthChecker"/> calls true: each word of them holds.</summary>
    public required double TruePercent { get; init; }

    /// <summary>How many captions were scored.</summary>
    public required int CaptionCount { get; init; }

    /// <summary>Scores captions against the scenes that they were written for.</summary>
    public static AttributeScores Of(IEnumerable<(string Caption, Scene Scene)> captions)
    {
        Tally pairs = default, colours = default, shapes = default;
        int count = 0, trueCount = 0;
        foreach (var (caption, scene) in captions)
        {
            var (named, held) = (CaptionMentions.Of(caption), CaptionMentions.Of(scene));
            pairs += new Tally(named.Pairs.Intersect(held.Pairs).Count, named.Pairs.Count + held.Pairs.Count);
            colours += new Tally(named.Colours.Intersect(held.Colours).Count, named.Colours.Count + held.Colours.Count);
            shapes += new Tally(named.Shapes.Intersect(held.Shapes).Count, named.Shapes.Count + held.Shapes.Count);
            count++;
            if (TruthChecker.IsTrue(caption, scene))
                trueCount++;
        }
        return new AttributeScores
        {
            PairF1 = pairs.F1,
            ColourF1 = colours.F1,
            ShapeF1 = shapes.F1,
            TruePercent = count == 0 ? 0 : 100.0 * trueCount / count,
            CaptionCount = count,
        };
    }

    private readonly record struct Tally(int Hits, int NamedAndHeld)
    {
        public double F1 => NamedAndHeld == 0 ? 0 : 200.0 * Hits / NamedAndHeld;

        public static Tally operator +(Tally a, Tally b) => new(a.Hits + b.Hits, a.NamedAndHeld + b.NamedAndHeld);
    }
}
