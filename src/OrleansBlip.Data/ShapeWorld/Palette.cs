namespace OrleansBlip.Data.ShapeWorld;

/// <summary>What the colours look like in white light.</summary>
internal static class Palette
{
    private static readonly Rgb[] Tones =
    [
        new(208, 30, 36), // red
        new(240, 124, 14), // orange
        new(240, 222, 40), // yellow
        new(28, 154, 54), // green
        new(64, 208, 214), // cyan
        new(32, 66, 205), // blue
        new(138, 46, 176), // purple
        new(244, 128, 178), // pink
        new(242, 242, 242), // white
        new(18, 18, 20), // black
    ];

    public static Rgb Of(ShapeColour colour) => Tones[(int)colour];

    /// <summary>
    /// The second tone of a pattern: darker, or lighter for black, so that the colour's name stays right; and off the greys of the background, so that the
    /// outline stays whole.
    /// </summary>
    public static Rgb SecondToneOf(ShapeColour colour)
    {
        var tone = Of(colour);
        return colour switch
        {
            ShapeColour.Black => new Rgb(62, 62, 66),
            ShapeColour.White => new Rgb(180, 180, 184),
            _ => new Rgb(tone.R * 60 / 100, tone.G * 60 / 100, tone.B * 60 / 100),
        };
    }
}
