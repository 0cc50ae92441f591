namespace OrleansBlip.Data.ShapeWorld;

/// <summary>A colour, or a sum of colours.</summary>
internal readonly record struct Rgb(int R, int G, int B)
{
    public static Rgb operator +(Rgb a, Rgb b) => new(a.R + b.R, a.G + b.G, a.B + b.B);

    public static Rgb operator *(Rgb colour, int factor) => new(colour.R * factor, colour.G * factor, colour.B * factor);
}
