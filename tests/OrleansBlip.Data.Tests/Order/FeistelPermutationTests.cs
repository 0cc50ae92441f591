using CsCheck;
using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.Tests.Order;

public class FeistelPermutationTests
{
    [Fact]
    public void Permutation_OfEveryCountTo5000_IsABijection()
    {
        for (var count = 1; count <= 5_000; count++)
        {
            var permutation = new FeistelPermutation((ulong)count, count);
            var seen = new bool[count];
            for (var place = 0; place < count; place++)
                seen[permutation[place]] = true;
            Assert.True(Array.TrueForAll(seen, wasSeen => wasSeen), $"not every number below {count} is given");
        }
    }

    [Fact]
    public void Permutation_OfAnyKey_IsABijection() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 3_000]).Sample((key, count) =>
        {
            var permutation = new FeistelPermutation(key, count);
            return Enumerable.Range(0, count).Select(place => permutation[place]).Distinct().Count() == count;
        }, iter: 200);

    [Fact]
    public void Permutation_OfHugeCounts_StaysInside() =>
        Gen.Select(Gen.ULong, Gen.Long[1, 1L << 40], Gen.Double[0, 1]).Sample((key, count, part) =>
            new FeistelPermutation(key, count)[(long)((count - 1) * part)] is var number && number >= 0 && number < count);

    [Fact]
    public void Permutation_OverKeys_SendsAPlaceEverywhere()
    {
        var counts = new int[16];
        for (ulong key = 0; key < 16_000; key++)
            counts[new FeistelPermutation(key, 16)[3]]++;
        Assert.All(counts, count => Assert.InRange(count, 850, 1_150));
    }

    [Fact]
    public void Permutation_OfOneKey_IsPinned()
    {
        var permutation = new FeistelPermutation(42, 10);
        Assert.Equal("4 7 9 2 3 0 5 1 6 8", string.Join(' ', Enumerable.Range(0, 10).Select(place => permutation[place])));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void Permutation_OutsidePlace_Throws(long place) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FeistelPermutation(1, 10)[place]);
}
