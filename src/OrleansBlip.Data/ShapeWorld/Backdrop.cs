using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Background and light of a picture: what no caption speaks of.</summary>
internal sealed record Backdrop
{
    private static readonly ulong Site = KeyedRandom.Word("shapeworld.backdrop");

    // On the grid's dark greys every colour is the brighter one, so a shape looks alike in all of them; else a model of two layers needs more than minutes
    // to see shapes. Levels of 0 to 255, the second excluded.
    private static readonly (int Min, int Max) GridGreys = (14, 56), FreeGreys = (78, 150);

    /// <summary>The two tones, 0 to 255, between which the background runs.</summary>
    public required (Rgb From, Rgb To) Tones { get; init; }

    /// <summary>The direction in which it runs: shares of x and y.</summary>
    public required (double X, double Y) Direction { get; init; }

    /// <summary>The height of the speckles, in levels.</summary>
    public required int Speckle { get; init; }

    /// <summary>The key of the speckles.</summary>
    public required ulong SpeckleKey { get; init; }

    /// <summary>The light's factor on each channel at the centre.</summary>
    public required (double R, double G, double B) Light { get; init; }

    /// <summary>How much brighter the light is at the right and at the bottom edge than at the centre, as a factor less one.</summary>
    public required (double X, double Y) LightSlope { get; init; }

    /// <summary>The backdrop of a picture, from a stream of its own.</summary>
    public static Backdrop Draw(ShapeWorldLevel level, ulong seed, ShapeWorldSplit split, int index)
    {
        var random = new KeyedRandom(seed, Site, (ulong)split, (ulong)index);
        var (greyMin, greyMax) = level == ShapeWorldLevel.Grid ? GridGreys : FreeGreys;
        var from = DrawTone(greyMin, greyMax, random);
        var brightness = random.NextDouble(0.82, 1.14);
        return new Backdrop
        {
            Tones = (from, random.NextBool(0.6) ? DrawTone(greyMin, greyMax, random) : from),
            Direction = random.NextInt(3) switch { 0 => (1, 0), 1 => (0, 1), _ => (0.5, 0.5) },
            Speckle = random.NextBool() ? random.NextInt(3, 13) : 0,
            SpeckleKey = random.NextUInt64(),
            Light = (brightness * Tint(random), brightness * Tint(random), brightness * Tint(random)),
            LightSlope = (random.NextDouble(-0.07, 0.07), random.NextDouble(-0.07, 0.07)),
        };
    }

    // A muted grey: objects are saturated, white or black.
    private static Rgb DrawTone(int greyMin, int greyMax, KeyedRandom random)
    {
        var grey = random.NextInt(greyMin, greyMax);
        return new Rgb(grey + random.NextInt(-12, 13), grey + random.NextInt(-12, 13), grey + random.NextInt(-12, 13));
    }

    private static double Tint(KeyedRandom random) => random.NextDouble(0.97, 1.03);
}
