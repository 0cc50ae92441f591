namespace OrleansBlip.Data.Images;

/// <summary>A picture of 8-bit RGB, row by row, three bytes a pixel.</summary>
public sealed class RgbImage
{
    /// <summary>Takes the pixels, without a copy.</summary>
    /// <exception cref="ArgumentException">Their number does not fit the size.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        if (width <= 0 || height <= 0 || pixels.Length != width * height * 3)
            throw new ArgumentException($"{pixels.Length} bytes are no RGB picture of {width} × {height}.", nameof(pixels));
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>A black picture.</summary>
    public RgbImage(int width, int height) : this(width, height, new byte[width * height * 3])
    {
    }

    /// <summary>In pixels.</summary>
    public int Width { get; }

    /// <summary>In pixels.</summary>
    public int Height { get; }

    /// <summary>(Height, Width, 3) bytes.</summary>
    public byte[] Pixels { get; }

    /// <summary>One row's bytes.</summary>
    internal Span<byte> Row(int y) => Pixels.AsSpan(y * Width * 3, Width * 3);
}
