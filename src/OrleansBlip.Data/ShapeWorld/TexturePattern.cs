namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Where a textured surface shows its second tone.</summary>
internal static class TexturePattern
{
    // In fractions of the picture's side: about five periods across a large object, two across a small one.
    private const double Period = 1.0 / 15;

    /// <summary>Takes the distance from the object's centre, in fractions of the picture's side.</summary>
    public static bool IsSecondTone(ShapeTexture texture, double x, double y)
    {
        var (u, v) = (Phase(x), Phase(y));
        return texture switch
        {
            ShapeTexture.Plain => false,
            ShapeTexture.Striped => v < 0.5,
            ShapeTexture.Dotted => (u - 0.5) * (u - 0.5) + (v - 0.5) * (v - 0.5) < 0.32 * 0.32,
            ShapeTexture.Checkered => Phase(x / 1.6) < 0.5 == Phase(y / 1.6) < 0.5,
            ShapeTexture.Netted => u < 0.28 || v < 0.28,
            _ => throw new ArgumentOutOfRangeException(nameof(texture), texture, "This texture has no pattern."),
        };
    }

    // 0 ≤ phase < 1; the offset keeps the dividend positive.
    private static double Phase(double distance)
    {
        var periods = distance / Period + 64;
        return periods - (int)periods;
    }
}
