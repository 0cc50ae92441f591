using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Wire;

/// <summary>
/// A run of numbers: a range of a gradient, of the weights, of features. Within one silo it is handed over by reference, between silos as raw
/// little-endian bytes, of which bfloat16 needs half. The owner must not write to the memory while a receiver may read it.
/// </summary>
[Immutable, Alias("blip.FloatBlock")]
public readonly struct FloatBlock(ReadOnlyMemory<float> values, GradientPrecision precision = GradientPrecision.Float32)
{
    /// <summary>Most elements that one block may hold when it crosses the wire (256 MiB).</summary>
    public const int LengthMax = 1 << 26;

    /// <summary>The numbers.</summary>
    public ReadOnlyMemory<float> Values { get; } = values;

    /// <summary>What the numbers are rounded to; they must be already.</summary>
    public GradientPrecision Precision { get; } = precision;

    /// <summary>Number of elements.</summary>
    public int Length => Values.Length;

    /// <summary>The numbers, to read.</summary>
    public ReadOnlySpan<float> Span => Values.Span;
}
