using System.Numerics;

namespace OrleansBlip.Data.Order;

/// <summary>
/// A keyed permutation of 0 … Count − 1 in O(1) memory: six Feistel rounds over ⌈log₂ Count⌉ bits, rounded up to even, walking on while the result
/// lies outside. Any place can be asked for alone, so the state of an epoch is its number.
/// </summary>
public readonly struct FeistelPermutation
{
    private const int Rounds = 6;
    private readonly ulong _key;
    private readonly int _halfBits;

    /// <summary>Chooses the permutation of a key.</summary>
    public FeistelPermutation(ulong key, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        _key = KeyedRandom.Mix(key);
        // ⌈log₂ Count⌉, and at least one bit in each half, which a round needs.
        _halfBits = Math.Max(1, (64 - BitOperations.LeadingZeroCount((ulong)Math.Max(count - 1, 0)) + 1) / 2);
    }

    /// <summary>How many numbers are permuted.</summary>
    public long Count { get; }

    /// <summary>The number at a place.</summary>
    public long this[long place]
    {
        get
        {
            if ((ulong)place >= (ulong)Count)
                throw new ArgumentOutOfRangeException(nameof(place), place, $"Places are 0 to {Count - 1}.");
            // The cipher permutes a power of four, at most four times Count; following its cycle until inside permutes the inside.
            var value = (ulong)place;
            do
                value = Encrypt(value);
            while (value >= (ulong)Count);
            return (long)value;
        }
    }

    private ulong Encrypt(ulong value)
    {
        var mask = (1UL << _halfBits) - 1;
        var (left, right) = (value >> _halfBits, value & mask);
        for (ulong round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (KeyedRandom.Mix(right ^ (_key + round * KeyedRandom.Gamma)) & mask));
        return left << _halfBits | right;
    }
}
