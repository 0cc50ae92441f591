using CsCheck;
using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.Tests.Order;

public class DataOrderTests
{
    private static readonly Gen<int[]> Shards = Gen.Int[0, 40].Array[1, 30].Where(sizes => sizes.Sum() > 0);

    [Fact]
    public void Order_OfAnyEpoch_HoldsEveryPairOnce() =>
        Gen.Select(Gen.ULong, Shards, Gen.Int[1, 10], Gen.Int[0, 5]).Sample((seed, shards, window, epoch) =>
        {
            var order = new DataOrder(seed, "v", shards, window);
            var pairs = Enumerable.Range(0, (int)order.Count).Select(place => order[epoch * order.Count + place]);
            return pairs.Order().SequenceEqual(Enumerable.Range(0, shards.Sum()).Select(pair => (long)pair));
        }, iter: 300);

    [Fact]
    public void Order_OfOneWindow_TouchesOnlyItsShards() =>
        Gen.Select(Gen.ULong, Gen.Int[2, 30], Gen.Int[1, 6]).Sample((seed, count, window) =>
        {
            var order = new DataOrder(seed, "v", Enumerable.Repeat(20, count).ToArray(), window);
            var shards = Enumerable.Range(0, (int)order.Count).Select(place => order[place] / 20).Chunk(window * 20);
            return shards.All(chunk => chunk.Distinct().Count() <= window);
        }, iter: 300);

    [Fact]
    public void Order_OfTwoEpochsSeedsVersionsOrWindows_Differs()
    {
        int[] shards = [50, 50, 50, 50];
        var order = new DataOrder(1, "v", shards, 2);
        var first = Take(order, 0);
        Assert.NotEqual(first, Take(order, 200));
        Assert.NotEqual(first, Take(new DataOrder(2, "v", shards, 2), 0));
        Assert.NotEqual(first, Take(new DataOrder(1, "w", shards, 2), 0));
        Assert.NotEqual(first, Take(new DataOrder(1, "v", shards, 4), 0));
    }

    [Fact]
    public void Order_AskedFromManyThreadsInAnyOrder_IsTheSame()
    {
        var expected = Take(new DataOrder(1, "v", [70, 0, 30, 100], 2), 0, 1_000);
        var order = new DataOrder(1, "v", [70, 0, 30, 100], 2);
        var found = new long[1_000];
        Parallel.For(0, 1_000, position => found[999 - position] = order[999 - position]);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Order_OfNoPairs_Throws() => Assert.Throws<DatasetException>(() => new DataOrder(1, "v", [0, 0], 2));

    private static long[] Take(DataOrder order, long from, int count = 200) =>
        [.. Enumerable.Range(0, count).Select(place => order[from + place])];
}
