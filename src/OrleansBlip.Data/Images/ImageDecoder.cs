using System.Buffers;
using SkiaSharp;

namespace OrleansBlip.Data.Images;

/// <summary>
/// Decodes JPEG, PNG and WebP (the first frame) to RGB as the reference does: palettes expanded, grey replicated, alpha dropped without compositing, no
/// colour management, no rotation by EXIF. The header's size is checked before memory is taken, and only a complete, valid picture passes.
/// </summary>
public static class ImageDecoder
{
    /// <summary>The most pixels that are decoded.</summary>
    public const int PixelsMax = 25_000_000;

    /// <summary>The longest side that is decoded, in pixels.</summary>
    public const int SidePixelsMax = 16_384;

    /// <summary>What decodes: part of what a run's bits depend on.</summary>
    public static string Version { get; } = $"SkiaSharp {typeof(SKCodec).Assembly.GetName().Version}, Skia {SkiaSharpVersion.Native}";

    /// <summary>Decodes a picture.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">Its key or path, for the message.</param>
    /// <exception cref="ImageException">The picture is refused.</exception>
    public static unsafe RgbImage Decode(ReadOnlySpan<byte> encoded, string name)
    {
        fixed (byte* pointer = encoded)
        {
            using var data = SKData.Create((nint)pointer, encoded.Length);
            using var codec = encoded.IsEmpty ? null : SKCodec.Create(data);
            if (codec is null || codec.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Webp))
                throw new ImageException(name, ImageDefect.UnknownFormat, "it is no JPEG, PNG or WebP");
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            if (width > SidePixelsMax || height > SidePixelsMax || (long)width * height > PixelsMax)
                throw new ImageException(name, ImageDefect.TooLarge, $"{width} × {height} pixels exceed {PixelsMax} in all or {SidePixelsMax} a side");
            return Decode(codec, width, height, name);
        }
    }

    /// <summary>The extension that fits a picture's content: "jpg", "png" or "webp".</summary>
    /// <exception cref="ImageException">It is none of them.</exception>
    public static string ExtensionOf(ReadOnlySpan<byte> encoded, string name)
    {
        if (encoded.StartsWith<byte>([0xFF, 0xD8, 0xFF]))
            return "jpg";
        if (encoded.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47]))
            return "png";
        if (encoded.StartsWith("RIFF"u8) && encoded.Length > 12 && encoded[8..].StartsWith("WEBP"u8))
            return "webp";
        throw new ImageException(name, ImageDefect.UnknownFormat, "it is no JPEG, PNG or WebP");
    }

    private static unsafe RgbImage Decode(SKCodec codec, int width, int height, string name)
    {
        var count = width * height;
        var rgba = ArrayPool<byte>.Shared.Rent(count * 4);
        try
        {
            SKCodecResult result;
            fixed (byte* pointer = rgba)
                result = codec.GetPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), (nint)pointer);
            if (result != SKCodecResult.Success)
                throw new ImageException(name, ImageDefect.Undecodable, $"it cannot be decoded whole ({result})");
            var image = new RgbImage(width, height);
            for (var i = 0; i < count; i++)
                rgba.AsSpan(i * 4, 3).CopyTo(image.Pixels.AsSpan(i * 3));
            return image;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
        }
    }
}
