namespace OrleansBlip.Data.Images;

/// <summary>
/// Bicubic resizing (a = −½) in 8 bits, to the letter of Pillow's: two passes, horizontal then vertical, each with weights in fixed point of 22 bits and
/// rounded to 8 bits; where the picture shrinks the filter widens by the factor. The aspect is whatever is asked for.
/// </summary>
public static class BicubicResize
{
    private const int PrecisionBits = 22;
    private const double Support = 2;

    /// <summary>Resizes a whole picture.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height) => Resize(image, new PixelBox(0, 0, image.Width, image.Height), width, height);

    /// <summary>Cuts a box out and resizes it; nothing outside the box shows in the result.</summary>
    public static RgbImage Resize(RgbImage image, PixelBox box, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var isInside = box is { Left: >= 0, Top: >= 0, Width: > 0, Height: > 0 } && box.Left + box.Width <= image.Width && box.Top + box.Height <= image.Height;
        if (!isInside)
            throw new ArgumentOutOfRangeException(nameof(box), box, $"The box does not lie in the picture of {image.Width} × {image.Height}.");
        if (box == new PixelBox(0, 0, image.Width, image.Height) && width == image.Width && height == image.Height)
            return image;
        var rows = new RgbImage(width, box.Height);
        ResizeRows(image, box, Kernel.Create(box.Width, width), rows);
        var resized = new RgbImage(width, height);
        ResizeColumns(rows, Kernel.Create(box.Height, height), resized);
        return resized;
    }

    private static void ResizeRows(RgbImage image, PixelBox box, Kernel kernel, RgbImage result)
    {
        for (var y = 0; y < box.Height; y++)
        {
            var source = image.Row(box.Top + y).Slice(box.Left * 3, box.Width * 3);
            var target = result.Row(y);
            for (var x = 0; x < result.Width; x++)
            {
                var pixels = source[(kernel.Starts[x] * 3)..];
                int red = 1 << (PrecisionBits - 1), green = red, blue = red;
                var at = 0;
                foreach (var weight in kernel.Of(x))
                {
                    red += pixels[at] * weight;
                    green += pixels[at + 1] * weight;
                    blue += pixels[at + 2] * weight;
                    at += 3;
                }
                target[x * 3] = Round(red);
                target[x * 3 + 1] = Round(green);
                target[x * 3 + 2] = Round(blue);
            }
        }
    }

    // A row at a time, so that the inner loop runs along memory and is vectorised.
    private static void ResizeColumns(RgbImage rows, Kernel kernel, RgbImage result)
    {
        var sums = new int[rows.Width * 3];
        for (var y = 0; y < result.Height; y++)
        {
            Array.Fill(sums, 1 << (PrecisionBits - 1));
            var row = kernel.Starts[y];
            foreach (var weight in kernel.Of(y))
            {
                var source = rows.Row(row++);
                for (var i = 0; i < sums.Length; i++)
                    sums[i] += source[i] * weight;
            }
            var target = result.Row(y);
            for (var i = 0; i < sums.Length; i++)
                target[i] = Round(sums[i]);
        }
    }

    private static byte Round(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    private static double Filter(double x)
    {
        x = Math.Abs(x);
        return x switch
        {
            < 1 => (1.5 * x - 2.5) * x * x + 1,
            < 2 => (((x - 5) * x + 8) * x - 4) * -0.5,
            _ => 0,
        };
    }

    // For each place of the result, the first place of the source that it sees and the weights from there on.
    private sealed record Kernel(int[] Starts, int[] Counts, int[] Weights, int Stride)
    {
        public ReadOnlySpan<int> Of(int place) => Weights.AsSpan(place * Stride, Counts[place]);

        public static Kernel Create(int sourceSize, int size)
        {
            var scale = (double)sourceSize / size;
            var filterScale = Math.Max(scale, 1);
            var support = Support * filterScale;
            var stride = (int)Math.Ceiling(support) * 2 + 1;
            var kernel = new Kernel(new int[size], new int[size], new int[size * stride], stride);
            var weights = new double[stride];
            for (var place = 0; place < size; place++)
            {
                var center = (place + 0.5) * scale;
                var start = Math.Max((int)(center - support + 0.5), 0);
                var count = Math.Min((int)(center + support + 0.5), sourceSize) - start;
                var sum = 0.0;
                for (var i = 0; i < count; i++)
                    sum += weights[i] = Filter((i + start - center + 0.5) * (1 / filterScale));
                for (var i = 0; i < count; i++)
                {
                    var weight = sum == 0 ? weights[i] : weights[i] * (1 / sum);
                    kernel.Weights[place * stride + i] = (int)((weight < 0 ? -0.5 : 0.5) + weight * (1 << PrecisionBits));
                }
                kernel.Starts[place] = start;
                kernel.Counts[place] = count;
            }
            return kernel;
        }
    }
}
