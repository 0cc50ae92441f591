namespace OrleansBlip.Data.Images;

/// <summary>Affine maps of a picture as OpenCV computes them: bilinear, with places in 1⁄32 of a pixel and middle grey outside.</summary>
internal static class AffineWarp
{
    private const byte Border = 128;
    private const int PlaceBits = 10;
    private const int FractionBits = 5;
    private const int Fractions = 1 << FractionBits;

    /// <summary>Moves what stands at (x, y) to (a·x + b·y + c, d·x + e·y + f).</summary>
    /// <exception cref="ArgumentException">The map cannot be inverted.</exception>
    public static RgbImage Apply(RgbImage image, double a, double b, double c, double d, double e, double f)
    {
        var determinant = a * e - b * d;
        if (determinant == 0)
            throw new ArgumentException("The map folds the picture to a line.");
        // Each pixel of the result asks where it comes from, so the map is inverted.
        var (backA, backB, backD, backE) = (e / determinant, -b / determinant, -d / determinant, a / determinant);
        var (backC, backF) = (-(backA * c + backB * f), -(backD * c + backE * f));
        var result = new RgbImage(image.Width, image.Height);
        for (var y = 0; y < image.Height; y++)
        {
            var startX = Fixed(backB * y + backC) + Fractions / 2;
            var startY = Fixed(backE * y + backF) + Fractions / 2;
            for (var x = 0; x < image.Width; x++)
            {
                var placeX = (startX + Fixed(backA * x)) >> (PlaceBits - FractionBits);
                var placeY = (startY + Fixed(backD * x)) >> (PlaceBits - FractionBits);
                Blend(image, placeX, placeY, result.Row(y).Slice(x * 3, 3));
            }
        }
        return result;
    }

    private static int Fixed(double place) => (int)Math.Round(place * (1 << PlaceBits), MidpointRounding.ToEven);

    private static void Blend(RgbImage image, int placeX, int placeY, Span<byte> target)
    {
        var (left, top) = (placeX >> FractionBits, placeY >> FractionBits);
        var (right, bottom) = (placeX & (Fractions - 1), placeY & (Fractions - 1));
        for (var channel = 0; channel < 3; channel++)
        {
            var upper = Value(image, left, top, channel) * (Fractions - right) + Value(image, left + 1, top, channel) * right;
            var lower = Value(image, left, top + 1, channel) * (Fractions - right) + Value(image, left + 1, top + 1, channel) * right;
            target[channel] = (byte)((upper * (Fractions - bottom) + lower * bottom + Fractions * Fractions / 2) >> (2 * FractionBits));
        }
    }

    private static int Value(RgbImage image, int x, int y, int channel) =>
        (uint)x < (uint)image.Width && (uint)y < (uint)image.Height ? image.Pixels[(y * image.Width + x) * 3 + channel] : Border;
}
