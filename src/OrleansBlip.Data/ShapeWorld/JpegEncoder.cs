using SkiaSharp;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Encodes square RGB pictures at full colour resolution (4:4:4). One instance serves one thread.</summary>
internal sealed class JpegEncoder(int sizePx, int quality) : IDisposable
{
    private readonly SKBitmap _bitmap = new(new SKImageInfo(sizePx, sizePx, SKColorType.Rgba8888, SKAlphaType.Opaque));
    private readonly SKJpegEncoderOptions _options = new(quality, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore);

    public byte[] Encode(ReadOnlySpan<byte> rgb)
    {
        var rgba = _bitmap.GetPixelSpan();
        for (int from = 0, to = 0; from < rgb.Length; from += 3, to += 4)
        {
            rgb.Slice(from, 3).CopyTo(rgba[to..]);
            rgba[to + 3] = 255;
        }
        using var pixels = _bitmap.PeekPixels();
        using var jpeg = pixels.Encode(_options) ?? throw new InvalidOperationException($"Skia could not encode a JPEG picture of {sizePx}×{sizePx} pixels.");
        return jpeg.ToArray();
    }

    public void Dispose() => _bitmap.Dispose();
}
