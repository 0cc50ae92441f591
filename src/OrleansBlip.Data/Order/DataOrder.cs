namespace OrleansBlip.Data.Order;

/// <summary>
/// Which pair stands at which position of a run: a pure function of (seed, version of the data set, position). Position p lies in epoch p div Count; each
/// epoch permutes the shards, cuts their sequence into windows of W shards, and permutes the pairs within each window, so whoever reads consecutive
/// positions touches few shards at a time. Thread-safe.
/// </summary>
public sealed class DataOrder
{
    private static readonly ulong Site = KeyedRandom.Word("data-order");

    private readonly ulong _key;
    private readonly int _windowShards;
    private readonly long[] _shardStarts;
    private volatile Epoch? _newest;

    /// <summary>Fixes the order.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="versionDigest">The data set's version.</param>
    /// <param name="pairsPerShard">How many pairs each shard holds; pairs are numbered shard by shard.</param>
    /// <param name="windowShards">How many shards are mixed with each other (W).</param>
    public DataOrder(ulong seed, string versionDigest, IReadOnlyList<int> pairsPerShard, int windowShards)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(windowShards);
        _key = KeyedRandom.Combine(seed, Site, KeyedRandom.Word(versionDigest), (ulong)windowShards);
        _windowShards = windowShards;
        _shardStarts = Starts(pairsPerShard.Select(pairs => (long)pairs));
        if (Count == 0)
            throw new DatasetException("The data set holds no pair: there is nothing to put in order.");
    }

    /// <summary>Pairs in an epoch.</summary>
    public long Count => _shardStarts[^1];

    /// <summary>The pair at a position.</summary>
    public long this[long position]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(position);
            var epoch = EpochAt(position / Count);
            var place = position % Count;
            var window = Containing(epoch.WindowStarts, place);
            var permutation = new FeistelPermutation(KeyedRandom.Combine(epoch.Key, (ulong)window), epoch.WindowStarts[window + 1] - epoch.WindowStarts[window]);
            place = epoch.WindowStarts[window] + permutation[place - epoch.WindowStarts[window]];
            var shardPlace = Containing(epoch.ShardStarts, place);
            return _shardStarts[epoch.Shards[shardPlace]] + place - epoch.ShardStarts[shardPlace];
        }
    }

    // Consecutive positions share an epoch: keep the newest table, make another where two meet.
    private Epoch EpochAt(long number)
    {
        if (_newest is { } newest && newest.Number == number)
            return newest;
        var key = KeyedRandom.Combine(_key, (ulong)number);
        var permutation = new FeistelPermutation(key, _shardStarts.Length - 1);
        var shards = Enumerable.Range(0, _shardStarts.Length - 1).Select(place => (int)permutation[place]).ToArray();
        var shardStarts = Starts(shards.Select(shard => _shardStarts[shard + 1] - _shardStarts[shard]));
        var windowStarts = shardStarts[..^1].Where((_, index) => index % _windowShards == 0).Append(Count).ToArray();
        return _newest = new Epoch(number, key, shards, shardStarts, windowStarts);
    }

    // The last start that is not above the place; empty shards before it share its start.
    private static int Containing(long[] starts, long place)
    {
        var index = Array.BinarySearch(starts, place);
        if (index < 0)
            return ~index - 1;
        while (starts[index + 1] == place)
            index++;
        return index;
    }

    private static long[] Starts(IEnumerable<long> sizes)
    {
        var starts = new List<long> { 0 };
        foreach (var size in sizes)
            starts.Add(starts[^1] + size);
        return [.. starts];
    }

    private sealed record Epoch(long Number, ulong Key, int[] Shards, long[] ShardStarts, long[] WindowStarts);
}
