using System.Numerics;

namespace OrleansBlip.Model.Optimization;

/// <summary>
/// Sums whose order is a function of the number of terms alone: a range of n terms is split at the largest power of two below n, down to single terms.
/// </summary>
public static class FixedTree
{
    /// <summary>The sum of <paramref name="terms"/> in tree order; 0 for none.</summary>
    public static double Sum(ReadOnlySpan<double> terms)
    {
        if (terms.Length <= 1) return terms.IsEmpty ? 0 : terms[0];
        int half = (int)BitOperations.RoundUpToPowerOf2((uint)terms.Length) / 2;
        return Sum(terms[..half]) + Sum(terms[half..]);
    }
}
