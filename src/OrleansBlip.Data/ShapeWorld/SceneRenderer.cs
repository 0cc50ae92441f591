using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// Paints a scene into 8-bit RGB with 4×4 samples a pixel. Integers and +, −, ×, ÷ of doubles only, which IEEE 754 fixes to the last bit: the same
/// bytes on every machine. One instance serves one thread.
/// </summary>
internal sealed class SceneRenderer(int sizePx)
{
    private const int SamplesPerSide = 4;
    private const int Samples = SamplesPerSide * SamplesPerSide;

    private readonly Rgb[] _canvas = new Rgb[sizePx * sizePx];
    private readonly byte[] _pixels = new byte[sizePx * sizePx * 3];

    /// <summary>Bytes R, G, B of each pixel, row by row; valid until the next call.</summary>
    public ReadOnlySpan<byte> Render(Scene scene, Backdrop backdrop)
    {
        PaintBackground(backdrop);
        foreach (var item in scene.Objects)
            PaintObject(item);
        ApplyLight(backdrop);
        return _pixels;
    }

    private void PaintBackground(Backdrop backdrop)
    {
        var (from, to) = backdrop.Tones;
        for (var i = 0; i < _canvas.Length; i++)
        {
            var (x, y) = (i % sizePx, i / sizePx);
            var share = ((x + 0.5) * backdrop.Direction.X + (y + 0.5) * backdrop.Direction.Y) / sizePx;
            var speckle = SpeckleAt(backdrop, x / 2, y / 2);
            _canvas[i] = new Rgb(Mix(from.R, to.R, share) + speckle, Mix(from.G, to.G, share) + speckle, Mix(from.B, to.B, share) + speckle);
        }
    }

    // Squares of two pixels; a modulo's bias does not show here.
    private static int SpeckleAt(Backdrop backdrop, int x, int y)
    {
        if (backdrop.Speckle == 0)
            return 0;
        var word = KeyedRandom.Combine(backdrop.SpeckleKey, (ulong)x, (ulong)y);
        return (int)(word % (ulong)(2 * backdrop.Speckle + 1)) - backdrop.Speckle;
    }

    private static int Mix(int from, int to, double share) => (int)(from + (to - from) * share + 0.5);

    private void PaintObject(SceneObject item)
    {
        var (first, second) = (Palette.Of(item.Colour), Palette.SecondToneOf(item.Colour));
        var (left, right) = PixelRange(item.X, item.Radius);
        var (top, bottom) = PixelRange(item.Y, item.Radius);
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var sum = default(Rgb);
                var covered = 0;
                for (var sample = 0; sample < Samples; sample++)
                {
                    var sampleX = (x + (sample % SamplesPerSide + 0.5) / SamplesPerSide) / sizePx;
                    var sampleY = (y + (sample / SamplesPerSide + 0.5) / SamplesPerSide) / sizePx;
                    if (!item.Covers(sampleX, sampleY))
                        continue;
                    covered++;
                    sum += TexturePattern.IsSecondTone(item.Texture, sampleX - item.X, sampleY - item.Y) ? second : first;
                }
                var pixel = y * sizePx + x;
                sum += _canvas[pixel] * (Samples - covered);
                _canvas[pixel] = new Rgb((sum.R + Samples / 2) / Samples, (sum.G + Samples / 2) / Samples, (sum.B + Samples / 2) / Samples);
            }
        }
    }

    private (int First, int Last) PixelRange(double centre, double radius) =>
        (Math.Max(0, (int)((centre - radius) * sizePx)), Math.Min(sizePx - 1, (int)((centre + radius) * sizePx)));

    private void ApplyLight(Backdrop backdrop)
    {
        var (slopeX, slopeY) = backdrop.LightSlope;
        for (var i = 0; i < _canvas.Length; i++)
        {
            var (x, y) = (i % sizePx, i / sizePx);
            var gain = 1 + slopeX * ((2 * x + 1.0) / sizePx - 1) + slopeY * ((2 * y + 1.0) / sizePx - 1);
            var pixel = _canvas[i];
            _pixels[3 * i] = ToByte(pixel.R * gain * backdrop.Light.R);
            _pixels[3 * i + 1] = ToByte(pixel.G * gain * backdrop.Light.G);
            _pixels[3 * i + 2] = ToByte(pixel.B * gain * backdrop.Light.B);
        }
    }

    private static byte ToByte(double level) => (byte)Math.Clamp((int)(level + 0.5), 0, 255);
}
