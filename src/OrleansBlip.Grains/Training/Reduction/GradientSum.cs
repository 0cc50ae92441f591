using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansBlip.Grains.Training.Reduction;

/// <summary>The one operation at a node of the reduction tree. It is element-wise, so its bits depend on neither vector width nor operand order.</summary>
internal static class GradientSum
{
    /// <summary>Adds <paramref name="other"/> to <paramref name="sum"/>, which has the same length.</summary>
    /// <param name="sum">The sum.</param>
    /// <param name="other">What is added.</param>
    /// <param name="degree">Threads to use.</param>
    public static void Add(Span<float> sum, ReadOnlySpan<float> other, int degree = 1) => SpanPass.Run(sum, other, degree, AddPart);

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
