using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.Images;

/// <summary>How pictures are varied in training. Each draw comes from the generator that is handed in.</summary>
public static class Augmentation
{
    private const double AspectMin = 3.0 / 4;
    private const double AspectMax = 4.0 / 3;
    private const int CropTriesMax = 10;

    /// <summary>Resizes a picture to a square, varied as the specification says.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="size">The square's side, in pixels.</param>
    /// <param name="spec">How to vary it.</param>
    /// <param name="random">Where the draws come from.</param>
    public static RgbImage Apply(RgbImage image, int size, AugmentationSpec spec, KeyedRandom random) => spec.Kind switch
    {
        AugmentationKind.None => BicubicResize.Resize(image, size, size),
        AugmentationKind.ShiftAndBrightness => ShiftAndBrightness(BicubicResize.Resize(image, size, size), spec, random),
        AugmentationKind.CropFlipRandAugment => CropFlipRandAugment(image, size, spec, random),
        _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.Kind, "There is no such augmentation."),
    };

    /// <summary>A box of random area and aspect (log-uniform in ¾ … 4⁄3); the largest box of a fitting aspect in the middle where ten draws do not fit.</summary>
    internal static PixelBox DrawCrop(int width, int height, double areaMin, KeyedRandom random) => DrawCrop(width, height, areaMin, random.NextDouble, random.NextInt);

    /// <summary>The same from draws of another generator: uniform in a range, and uniform among whole numbers below a bound.</summary>
    internal static PixelBox DrawCrop(int width, int height, double areaMin, Func<double, double, double> uniform, Func<int, int> below)
    {
        for (var attempt = 0; attempt < CropTriesMax; attempt++)
        {
            var area = (double)width * height * uniform(areaMin, 1);
            var aspect = ExactMath.Exp(uniform(ExactMath.Log(AspectMin), ExactMath.Log(AspectMax)));
            var cropWidth = (int)Math.Round(Math.Sqrt(area * aspect));
            var cropHeight = (int)Math.Round(Math.Sqrt(area / aspect));
            if (cropWidth > 0 && cropWidth <= width && cropHeight > 0 && cropHeight <= height)
            {
                var top = below(height - cropHeight + 1);
                return new PixelBox(below(width - cropWidth + 1), top, cropWidth, cropHeight);
            }
        }
        var fitWidth = Math.Max(1, Math.Min(width, (int)Math.Round(height * AspectMax)));
        var fitHeight = Math.Max(1, Math.Min(height, (int)Math.Round(width / AspectMin)));
        return new PixelBox((width - fitWidth) / 2, (height - fitHeight) / 2, fitWidth, fitHeight);
    }

    /// <summary>Mirrors left and right.</summary>
    internal static RgbImage Flip(RgbImage image)
    {
        var flipped = new RgbImage(image.Width, image.Height);
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < image.Width; x++)
                image.Row(y).Slice(x * 3, 3).CopyTo(flipped.Row(y)[((image.Width - 1 - x) * 3)..]);
        }
        return flipped;
    }

    private static RgbImage CropFlipRandAugment(RgbImage image, int size, AugmentationSpec spec, KeyedRandom random)
    {
        image = BicubicResize.Resize(image, DrawCrop(image.Width, image.Height, spec.CropAreaMin, random), size, size);
        if (random.NextBool())
            image = Flip(image);
        return RandAugment.Apply(image, spec, random);
    }

    // Rows and columns that move in repeat the picture's edge.
    private static RgbImage ShiftAndBrightness(RgbImage image, AugmentationSpec spec, KeyedRandom random)
    {
        var right = random.NextInt(-spec.ShiftPixelsMax, spec.ShiftPixelsMax + 1);
        var down = random.NextInt(-spec.ShiftPixelsMax, spec.ShiftPixelsMax + 1);
        var factor = 1 + random.NextDouble(-spec.BrightnessChangeMax, spec.BrightnessChangeMax);
        Span<byte> table = stackalloc byte[256];
        for (var value = 0; value < 256; value++)
            table[value] = (byte)Math.Clamp((int)(value * factor + 0.5), 0, 255);
        var varied = new RgbImage(image.Width, image.Height);
        for (var y = 0; y < image.Height; y++)
        {
            var source = image.Row(Math.Clamp(y - down, 0, image.Height - 1));
            var target = varied.Row(y);
            for (var x = 0; x < image.Width; x++)
            {
                var from = Math.Clamp(x - right, 0, image.Width - 1) * 3;
                target[x * 3] = table[source[from]];
                target[x * 3 + 1] = table[source[from + 1]];
                target[x * 3 + 2] = table[source[from + 2]];
            }
        }
        return varied;
    }
}
