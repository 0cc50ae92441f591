using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.Images;

/// <summary>
/// BLIP's RandAugment: some operations, drawn with replacement, each applied with probability ½ at one strength; geometric ones in a drawn direction. At
/// BLIP's strength of 5 brightness and sharpness have factor 1 and change nothing.
/// </summary>
internal static class RandAugment
{
    private const int LevelMax = 10;
    private const double ShearMax = 0.3;
    private const double TranslatePixelsMax = 10;
    private const double RotateDegreesMax = 30;

    private static readonly RandAugmentOperation[] Operations = Enum.GetValues<RandAugmentOperation>();

    /// <summary>Draws and applies.</summary>
    public static RgbImage Apply(RgbImage image, AugmentationSpec spec, KeyedRandom random)
    {
        for (var i = 0; i < spec.RandAugmentOperations; i++)
        {
            var operation = random.Pick(Operations);
            var (isApplied, isReversed) = (random.NextBool(), random.NextBool());
            if (isApplied)
                image = Apply(image, operation, isReversed ? -spec.RandAugmentLevel : spec.RandAugmentLevel, spec.RandAugmentOverflows);
        }
        return image;
    }

    /// <summary>Applies one operation at a strength, negative for the other direction.</summary>
    public static RgbImage Apply(RgbImage image, RandAugmentOperation operation, int level, bool overflows)
    {
        var part = (double)level / LevelMax;
        var enhancement = Math.Abs(part) * 1.8 + 0.1;
        return operation switch
        {
            RandAugmentOperation.AutoContrast => LookUp(image, channel => ContrastTable(image, channel, overflows)),
            RandAugmentOperation.Equalize => LookUp(image, channel => EqualizeTable(image, channel)),
            RandAugmentOperation.Brightness => LookUp(image, _ => BrightnessTable((float)enhancement)),
            RandAugmentOperation.Sharpness => Sharpen(image, (float)enhancement, overflows),
            RandAugmentOperation.ShearX => AffineWarp.Apply(image, 1, part * ShearMax, 0, 0, 1, 0),
            RandAugmentOperation.ShearY => AffineWarp.Apply(image, 1, 0, 0, part * ShearMax, 1, 0),
            RandAugmentOperation.TranslateX => AffineWarp.Apply(image, 1, 0, -part * TranslatePixelsMax, 0, 1, 0),
            RandAugmentOperation.TranslateY => AffineWarp.Apply(image, 1, 0, 0, 0, 1, -part * TranslatePixelsMax),
            RandAugmentOperation.Rotate => Rotate(image, part * RotateDegreesMax),
            _ => image,
        };
    }

    private static RgbImage LookUp(RgbImage image, Func<int, byte[]> tableOf)
    {
        var result = new RgbImage(image.Width, image.Height);
        for (var channel = 0; channel < 3; channel++)
        {
            var table = tableOf(channel);
            for (var i = channel; i < image.Pixels.Length; i += 3)
                result.Pixels[i] = table[image.Pixels[i]];
        }
        return result;
    }

    private static int[] Histogram(RgbImage image, int channel)
    {
        var counts = new int[256];
        for (var i = channel; i < image.Pixels.Length; i += 3)
            counts[image.Pixels[i]]++;
        return counts;
    }

    // The reference negates the darkest value as an unsigned byte: unless that is 0, all but nothing of the channel overflows to white.
    private static byte[] ContrastTable(RgbImage image, int channel, bool overflows)
    {
        var counts = Histogram(image, channel);
        var (low, high) = (Array.FindIndex(counts, count => count > 0), Array.FindLastIndex(counts, count => count > 0));
        if (high <= low)
            return Table(value => value);
        var scale = 255.0 / (high - low);
        var offset = (overflows ? (256 - low) % 256 : -low) * scale;
        return Table(value => value * scale + offset);
    }

    private static byte[] EqualizeTable(RgbImage image, int channel)
    {
        var counts = Histogram(image, channel);
        var step = (counts.Sum() - counts.Last(count => count > 0)) / 255;
        if (step == 0)
            return Table(value => value);
        var ranks = new double[256];
        for (int value = 0, below = step / 2; value < 256; below += counts[value++])
            ranks[value] = below / step;
        return Table(value => ranks[(int)value]);
    }

    private static byte[] BrightnessTable(float factor) => Table(value => (float)value * factor);

    private static byte[] Table(Func<double, double> map)
    {
        var table = new byte[256];
        for (var value = 0; value < 256; value++)
            table[value] = (byte)Math.Clamp(map(value), 0, 255);
        return table;
    }

    // Away from a blurred copy, inside the outermost pixels. Where the result leaves 0 … 255 the reference wraps around.
    private static RgbImage Sharpen(RgbImage image, float factor, bool overflows)
    {
        if (factor == 1)
            return image;
        var result = new RgbImage(image.Width, image.Height, (byte[])image.Pixels.Clone());
        for (var y = 1; y < image.Height - 1; y++)
        {
            for (var i = 3; i < (image.Width - 1) * 3; i++)
            {
                var value = image.Row(y)[i];
                var blurred = (byte)Math.Round(Blur(image, y, i), MidpointRounding.ToEven);
                var sharpened = blurred + factor * (value - blurred);
                result.Row(y)[i] = overflows ? unchecked((byte)(int)sharpened) : (byte)Math.Clamp(sharpened, 0, 255);
            }
        }
        return result;
    }

    private static double Blur(RgbImage image, int y, int i)
    {
        var sum = 4 * image.Row(y)[i];
        for (var row = y - 1; row <= y + 1; row++)
            sum += image.Row(row)[i - 3] + image.Row(row)[i] + image.Row(row)[i + 3];
        return sum / 13.0;
    }

    private static RgbImage Rotate(RgbImage image, double degrees)
    {
        var angle = degrees * (3.14159265358979324 / 180);
        var (sine, cosine) = (ExactMath.Sin(angle), ExactMath.Cos(angle));
        var (centerX, centerY) = (image.Width / 2.0, image.Height / 2.0);
        return AffineWarp.Apply(image,
            cosine, sine, (1 - cosine) * centerX - sine * centerY,
            -sine, cosine, sine * centerX + (1 - cosine) * centerY);
    }
}
