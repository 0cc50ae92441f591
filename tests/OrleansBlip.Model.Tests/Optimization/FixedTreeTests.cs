using OrleansBlip.Model.Optimization;

namespace OrleansBlip.Model.Tests.Optimization;

public sealed class FixedTreeTests
{
    [Fact]
    public void Sum_SmallCounts_FollowsTree()
    {
        double[] t = [0.1, 0.2, 0.3, 1e16, -1e16, 0.7, 0.9];
        Assert.Equal(0, FixedTree.Sum([]));
        Assert.Equal(t[0], FixedTree.Sum(t.AsSpan(0, 1)));
        Assert.Equal(t[0] + t[1] + t[2], FixedTree.Sum(t.AsSpan(0, 3)));
        Assert.Equal((t[0] + t[1]) + (t[2] + t[3]), FixedTree.Sum(t.AsSpan(0, 4)));
        Assert.Equal(((t[0] + t[1]) + (t[2] + t[3])) + ((t[4] + t[5]) + t[6]), FixedTree.Sum(t));
    }

    [Fact]
    public void Sum_AlignedSubtreesFirst_GivesSameBits()
    {
        var terms = Enumerable.Range(0, 37).Select(i => Math.Sin(i * 12.9898) * Math.Pow(10, i % 7)).ToArray();
        double[] partials = [.. Enumerable.Range(0, 5).Select(i => FixedTree.Sum(terms.AsSpan(i * 8, Math.Min(8, 37 - i * 8))))];
        Assert.Equal(FixedTree.Sum(terms), FixedTree.Sum(partials));
    }
}
