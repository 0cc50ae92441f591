namespace OrleansBlip.Data.Order;

/// <summary>
/// xoshiro256** seeded by SplitMix64 over a key such as (seed, step, slot, site): the same key gives the same numbers on every machine, whoever draws
/// them and in whatever order the keys come. Not thread-safe; make one per thread of work.
/// </summary>
public sealed class KeyedRandom
{
    internal const ulong Gamma = 0x9E3779B97F4A7C15;
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Starts the stream of one key. Keys that differ in any word, or in their length, give unrelated streams.</summary>
    public KeyedRandom(ulong seed, params ReadOnlySpan<ulong> key)
    {
        var state = Combine(seed, key);
        _s0 = Mix(state += Gamma);
        _s1 = Mix(state += Gamma);
        _s2 = Mix(state += Gamma);
        _s3 = Mix(state + Gamma);
    }

    /// <summary>Folds a key into one word, for use as the seed or as a part of another key.</summary>
    public static ulong Combine(ulong seed, params ReadOnlySpan<ulong> key)
    {
        var state = Mix(seed + Gamma);
        foreach (var word in key)
            state = Mix((state ^ word) + Gamma);
        return Mix(state ^ (ulong)key.Length);
    }

    /// <summary>A word that stands for a name in a key (FNV-1a over its UTF-16 units), for example of the site that draws.</summary>
    public static ulong Word(string name)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var unit in name)
            hash = (hash ^ unit) * 0x100000001B3;
        return hash;
    }

    /// <summary>Uniform over all 64-bit words.</summary>
    public ulong NextUInt64()
    {
        var result = ulong.RotateLeft(_s1 * 5, 7) * 9;
        var shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform in [0, bound), without modulo bias.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        // Lemire: the high half of word × bound is the number; low halves below 2⁶⁴ mod bound would be drawn once too often.
        var threshold = unchecked(0UL - (ulong)bound) % (ulong)bound;
        while (true)
        {
            var high = Math.BigMul(NextUInt64(), (ulong)bound, out var low);
            if (low >= threshold)
                return (int)high;
        }
    }

    /// <summary>Uniform in [low, high).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty.</exception>
    public int NextInt(int low, int high) => low + NextInt(high - low);

    /// <summary>True with the given probability.</summary>
    public bool NextBool(double probability = 0.5) => NextDouble() < probability;

    /// <summary>Standard normal, by the polar method over <see cref="ExactMath"/>: the same bits on every machine.</summary>
    public double NextNormal()
    {
        while (true)
        {
            var x = NextDouble(-1, 1);
            var y = NextDouble(-1, 1);
            var square = x * x + y * y;
            if (square is > 0 and < 1)
                return x * Math.Sqrt(-2 * ExactMath.Log(square) / square);
        }
    }

    /// <summary>One of the items, each with the same probability.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public T Pick<T>(IReadOnlyList<T> items) => items[NextInt(items.Count)];

    /// <summary>Puts the items into a uniformly drawn order (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var last = items.Length - 1; last > 0; last--)
        {
            var other = NextInt(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>SplitMix64's finaliser: a bijection in which each bit of the word moves every other.</summary>
    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
