using CsCheck;
using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.Tests.Order;

public class KeyedRandomTests
{
    [Fact]
    public void Stream_OfOneKey_IsPinned()
    {
        var random = new KeyedRandom(7, 1, 2, KeyedRandom.Word("augment"));
        ulong[] drawn = [random.NextUInt64(), random.NextUInt64(), random.NextUInt64()];
        Assert.Equal(Pinned, drawn);
    }

    [Fact]
    public void Streams_OfDifferentKeys_Differ()
    {
        var firsts = new HashSet<ulong>();
        for (ulong step = 0; step < 100; step++)
        {
            for (ulong slot = 0; slot < 100; slot++)
                Assert.True(firsts.Add(new KeyedRandom(1, step, slot).NextUInt64()), $"({step}, {slot}) repeats another stream");
        }
        Assert.NotEqual(new KeyedRandom(1, 0).NextUInt64(), new KeyedRandom(1, 0, 0).NextUInt64());
    }

    [Fact]
    public void NextInt_OverManyDraws_IsUniform()
    {
        var random = new KeyedRandom(3);
        var counts = new int[10];
        for (var i = 0; i < 100_000; i++)
            counts[random.NextInt(10)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void NextNormal_OverManyDraws_HasMeanZeroAndVarianceOne()
    {
        var random = new KeyedRandom(5);
        double sum = 0, squares = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var value = random.NextNormal();
            sum += value;
            squares += value * value;
        }
        Assert.InRange(sum / 100_000, -0.015, 0.015);
        Assert.InRange(squares / 100_000, 0.98, 1.02);
    }

    [Fact]
    public void Shuffle_OfAnyLength_KeepsTheItems() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 200]).Sample((seed, length) =>
        {
            var items = Enumerable.Range(0, length).ToArray();
            new KeyedRandom(seed).Shuffle<int>(items);
            return items.Order().SequenceEqual(Enumerable.Range(0, length));
        });

    [Fact]
    public void ExactMath_OverItsRange_AgreesWithTheSystem()
    {
        Gen.Double[1e-300, 1e300].Sample(value => Math.Abs(ExactMath.Log(value) - Math.Log(value)) <= 1e-13 * Math.Max(1, Math.Abs(Math.Log(value))));
        Gen.Double[0.5, 2].Sample(value => Math.Abs(ExactMath.Log(value) - Math.Log(value)) <= 1e-15);
        Gen.Double[-Math.PI, Math.PI].Sample(angle =>
            Math.Abs(ExactMath.Sin(angle) - Math.Sin(angle)) <= 1e-13 && Math.Abs(ExactMath.Cos(angle) - Math.Cos(angle)) <= 1e-13);
        Gen.Double[-20, 20].Sample(value => Math.Abs(ExactMath.Exp(value) / Math.Exp(value) - 1) <= 1e-13);
    }

    private static readonly ulong[] Pinned = [8189222460894014561, 3558503357766819423, 14295382992580995486];
}
