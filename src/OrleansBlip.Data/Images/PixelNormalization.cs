using System.Collections.Immutable;

namespace OrleansBlip.Data.Images;

/// <summary>Bytes to what the vision transformer reads: (value / 255 − mean) / deviation for each channel, in float32, channel by channel.</summary>
public sealed class PixelNormalization : IEquatable<PixelNormalization>
{
    private readonly Lazy<float[][]> _tables;

    /// <summary>CLIP's, which BLIP uses, unless told otherwise.</summary>
    public PixelNormalization() => _tables = new Lazy<float[][]>(() => [.. Means.Zip(Deviations, Table)]);

    /// <summary>CLIP's.</summary>
    public static PixelNormalization Clip { get; } = new();

    /// <summary>Mean of red, green and blue, of values 0–1.</summary>
    public ImmutableArray<float> Means { get; init; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>Deviation of red, green and blue, above 0.</summary>
    public ImmutableArray<float> Deviations { get; init; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Writes a picture as (3, Height, Width).</summary>
    /// <param name="image">The picture.</param>
    /// <param name="target">Exactly 3 · Height · Width floats.</param>
    public void Write(RgbImage image, Span<float> target)
    {
        if (target.Length != image.Pixels.Length)
            throw new ArgumentException($"The target has {target.Length} places, the picture {image.Pixels.Length} values.", nameof(target));
        var plane = image.Width * image.Height;
        for (var channel = 0; channel < 3; channel++)
        {
            var table = _tables.Value[channel];
            var values = target.Slice(channel * plane, plane);
            var pixels = image.Pixels.AsSpan(channel);
            for (var i = 0; i < values.Length; i++)
                values[i] = table[pixels[i * 3]];
        }
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="DatasetException">There are not three channels, or a deviation is not above 0.</exception>
    public void Validate()
    {
        if (Means.Length != 3 || Deviations.Length != 3 || !Means.All(float.IsFinite) || !Deviations.All(deviation => deviation > 0 && float.IsFinite(deviation)))
            throw new DatasetException($"normalization: means [{string.Join(", ", Means)}] and deviations [{string.Join(", ", Deviations)}] must be three numbers each, deviations above 0.");
    }

    /// <inheritdoc/>
    public bool Equals(PixelNormalization? other) => other is not null && Means.SequenceEqual(other.Means) && Deviations.SequenceEqual(other.Deviations);

    /// <inheritdoc/>
    public override bool Equals(object? other) => Equals(other as PixelNormalization);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Means[0], Deviations[0]);

    private static float[] Table(float mean, float deviation) => [.. Enumerable.Range(0, 256).Select(value => (value / 255f - mean) / deviation)];
}
