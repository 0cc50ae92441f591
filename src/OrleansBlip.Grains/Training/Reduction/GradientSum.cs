using System.Numerics;
using System.Runtime.InteropServices;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Training.Reduction;

/// <summary>The operations at the nodes of the reduction tree. They are element-wise, so their bits depend on neither vector width nor operand order.</summary>
internal static class GradientSum
{
    /// <summary>Adds <paramref name="other"/> to <paramref name="sum"/>, which has the same length.</summary>
    /// <param name="sum">The sum.</param>
    /// <param name="other">What is added.</param>
    /// <param name="precision">What the sum is rounded to, as both operands are.</param>
    /// <param name="degree">Threads to use.</param>
    public static void Add(Span<float> sum, ReadOnlySpan<float> other, GradientPrecision precision = GradientPrecision.Float32, int degree = 1) =>
        SpanPass.Run(sum, other, degree, precision == GradientPrecision.BFloat16 ? AddAndRoundPart : AddPart);

    /// <summary>Rounds the gradient of one slot, a leaf of the tree.</summary>
    public static void RoundLeaf(Span<float> gradient, GradientPrecision precision)
    {
        if (precision == GradientPrecision.BFloat16) BFloat16.Round(gradient);
    }

    private static void AddAndRoundPart(Span<float> sum, ReadOnlySpan<float> other)
    {
        AddPart(sum, other);
        BFloat16.Round(sum);
    }

    private static void AddPart(Span<float> sum, ReadOnlySpan<float> other)
    {
        var sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var others = MemoryMarshal.Cast<float, Vector<float>>(other);
        for (int i = 0; i < sums.Length; i++) sums[i] += others[i];
        for (int i = sums.Length * Vector<float>.Count; i < sum.Length; i++) sum[i] += other[i];
    }

    /// <summary>Whether all of <paramref name="values"/> are finite.</summary>
    public static bool IsFinite(ReadOnlySpan<float> values)
    {
        // Zero times a finite number is zero, times anything else NaN, and NaN survives every sum.
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var zeros = Vector<float>.Zero;
        foreach (var vector in vectors) zeros += vector * 0;
        float zero = Vector.Sum(zeros);
        foreach (float value in values[(vectors.Length * Vector<float>.Count)..]) zero += value * 0;
        return zero == 0;
    }
}
