namespace OrleansBlip.Data.Images;

/// <summary>Bytes to what the vision transformer reads: (value / 255 − mean) / deviation for each channel, in float32, channel by channel.</summary>
public static class PixelNormalization
{
    private static readonly float[][] Tables = [.. Means.Zip(Deviations, Table)];

    /// <summary>Mean of red, green and blue, of values 0–1: CLIP's.</summary>
    public static IReadOnlyList<float> Means => [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>Deviation of red, green and blue.</summary>
    public static IReadOnlyList<float> Deviations => [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Writes a picture as (3, Height, Width).</summary>
    /// <param name="image">The picture.</param>
    /// <param name="target">Exactly 3 · Height · Width floats.</param>
    public static void Write(RgbImage image, Span<float> target)
    {
        if (target.Length != image.Pixels.Length)
            throw new ArgumentException($"The target has {target.Length} places, the picture {image.Pixels.Length} values.", nameof(target));
        var plane = image.Width * image.Height;
        for (var channel = 0; channel < 3; channel++)
        {
            var table = Tables[channel];
            var values = target.Slice(channel * plane, plane);
            var pixels = image.Pixels.AsSpan(channel);
            for (var i = 0; i < values.Length; i++)
                values[i] = table[pixels[i * 3]];
        }
    }

    private static float[] Table(float mean, float deviation) => [.. Enumerable.Range(0, 256).Select(value => (value / 255f - mean) / deviation)];
}
