using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansBlip.Model.Optimization;

/// <summary>
/// Squares summed in double precision in an order that the hardware cannot change: term i goes to lane i mod 32, lanes are added as a
/// <see cref="FixedTree"/>. The sum of single-precision squares is finite exactly when all of them are, so it serves as the check for NaN and infinity too.
/// </summary>
internal static class GradientNorm
{
    private const int Lanes = 32;

    /// <summary>Σ terms²; <typeparamref name="T"/> is float or double.</summary>
    public static double SquaredSum<T>(ReadOnlySpan<T> terms) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<Vector512<double>> sums = stackalloc Vector512<double>[4];
        sums.Clear();
        int whole = terms.Length / Lanes * Lanes;
        AddSquares(terms[..whole], sums);
        // A last, shorter block is filled up with zeros, whose squares change no sum.
        Span<T> rest = stackalloc T[Lanes];
        rest.Clear();
        terms[whole..].CopyTo(rest);
        AddSquares(rest, sums);
        return FixedTree.Sum(MemoryMarshal.Cast<Vector512<double>, double>(sums));
    }

    private static void AddSquares<T>(ReadOnlySpan<T> terms, Span<Vector512<double>> sums) where T : unmanaged
    {
        ref T first = ref MemoryMarshal.GetReference(terms);
        var (a, b, c, d) = (sums[0], sums[1], sums[2], sums[3]);
        for (nuint i = 0; i < (nuint)terms.Length; i += Lanes)
        {
            a += Square(ref first, i);
            b += Square(ref first, i + 8);
            c += Square(ref first, i + 16);
            d += Square(ref first, i + 24);
        }
        (sums[0], sums[1], sums[2], sums[3]) = (a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Square<T>(ref T first, nuint i) where T : unmanaged
    {
        var term = typeof(T) == typeof(float)
            ? Vector512.WidenLower(Vector256.LoadUnsafe(ref Unsafe.As<T, float>(ref first), i).ToVector512Unsafe())
            : Vector512.LoadUnsafe(ref Unsafe.As<T, double>(ref first), i);
        return term * term;
    }
}
