using System.Collections.Immutable;
using System.Numerics;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Optimization;

public sealed class ParameterShardStateTests
{
    private const int Chunk = ParameterShardState<float>.ChunkElements;

    private static readonly AdamWStep Step = new()
    {
        LearningRate = 1e-2,
        Beta1 = 0.9,
        Beta2 = 0.98,
        Epsilon = 1e-8,
        WeightDecay = 0.05,
        GradientScale = 0.25,
        Momentum = 0.9,
    };

    // Odd lengths, so that entries cross vectors and chunks; a momentum copy for some; a bounded scalar.
    private static readonly ParameterLayout Layout = LayoutOf(
        ("a.weight", [7, 11003], true, null), ("a.bias", [13], true, null), ("temp", [], false, (0.001, 0.5)), ("b.weight", [3, 50001], false, null),
        ("bounded", [5], true, (-0.1, 0.1)), ("c.weight", [1, 9973], true, null));

    [Fact]
    public void Apply_Double_FollowsFormula()
    {
        var (weights, momentum, gradient) = (Values(Layout.ElementCount, 1), Values(Layout.MomentumElementCount, 2), Values(Layout.ElementCount, 3));
        var shard = new ParameterShardState<double>(Layout, 0, Layout.ElementCount, DecayRule.MatricesOnly, weights, momentum);
        double[] w = [.. weights], m = new double[w.Length], v = new double[w.Length], average = [.. momentum];
        for (int t = 1; t <= 3; t++)
        {
            shard.Apply(gradient, Step);
            foreach (var entry in Layout.Entries)
            {
                for (long j = 0; j < entry.Length; j++)
                {
                    long i = entry.Offset + j;
                    double g = gradient[i] * 0.25;
                    if (entry.Shape.Length >= 2) w[i] -= w[i] * 1e-2 * 0.05;
                    m[i] = 0.9 * m[i] + 0.1 * g;
                    v[i] = 0.98 * v[i] + 0.02 * g * g;
                    w[i] -= 1e-2 * (m[i] / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.98, t))) + 1e-8);
                    if (entry.Bounds is { } bounds) w[i] = Math.Clamp(w[i], bounds.Lower, bounds.Upper);
                    if (entry.MomentumOffset >= 0) average[entry.MomentumOffset + j] = 0.9 * average[entry.MomentumOffset + j] + 0.1 * w[i];
                }
            }
        }
        Assert.Equal(3, shard.UpdateCount);
        AssertClose(w, shard.Weights.Span);
        AssertClose(average, shard.Momentum.Span);
        AssertClose(m, shard.FirstMoment.Span);
        AssertClose(v, shard.SecondMoment.Span);
    }

    [Fact]
    public void Apply_AnyShardingAndThreads_GivesSameBits()
    {
        var whole = Train(Make(0, Layout.ElementCount), degree: 1);
        var threaded = Train(Make(0, Layout.ElementCount), degree: 4);
        var left = Train(Make(0, 2 * Chunk), degree: 2);
        var right = Train(Make(2 * Chunk, Layout.ElementCount), degree: 1);
        Assert.Equal(whole.Weights.ToArray(), threaded.Weights.ToArray());
        Assert.Equal(whole.Momentum.ToArray(), threaded.Momentum.ToArray());
        Assert.Equal(whole.Weights.ToArray(), left.Weights.ToArray().Concat(right.Weights.ToArray()));
        Assert.Equal(whole.Momentum.ToArray(), left.Momentum.ToArray().Concat(right.Momentum.ToArray()));
        Assert.Equal(left.MomentumEnd, right.MomentumStart);
    }

    [Fact]
    public void Apply_VectorOrTail_GivesSameBits()
    {
        // The same element computed in a vector (layout of one long tensor) and as a tail (layout of single elements).
        const int count = 67;
        var one = LayoutOf(("x", [count], true, null));
        var many = LayoutOf([.. Enumerable.Range(0, count).Select(i => ($"x{i}", ImmutableArray.Create(1L), true, ((double, double)?)null))]);
        float[] weights = Singles(Values(count, 1)), momentum = Singles(Values(count, 2)), gradient = Singles(Values(count, 3));
        var results = new List<float[]>();
        foreach (var layout in new[] { one, many })
        {
            var shard = new ParameterShardState<float>(layout, 0, count, DecayRule.All, weights, momentum);
            for (int t = 0; t < 5; t++) shard.Apply(gradient, Step);
            results.Add([.. shard.Weights.ToArray(), .. shard.Momentum.ToArray(), .. shard.FirstMoment.ToArray(), .. shard.SecondMoment.ToArray()]);
        }
        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public void Apply_WhileVersionIsRead_LeavesItUnchanged()
    {
        var shard = Make(0, Layout.ElementCount);
        var (weights, momentum) = (shard.Weights, shard.Momentum);
        var (weightsBefore, momentumBefore) = (weights.ToArray(), momentum.ToArray());
        shard.Apply(Singles(Values(Layout.ElementCount, 3)), Step);
        Assert.Equal(weightsBefore, weights.ToArray());
        Assert.Equal(momentumBefore, momentum.ToArray());
        Assert.NotEqual(weightsBefore, shard.Weights.ToArray());
    }

    [Fact]
    public void Apply_Temperature_StaysInBounds()
    {
        var layout = LayoutOf(("temp", [], false, (0.001, 0.5)));
        var shard = new ParameterShardState<float>(layout, 0, 1, DecayRule.All, [0.07f], []);
        for (int t = 0; t < 100; t++) shard.Apply([1f], Step);
        Assert.Equal(0.001f, shard.Weights.Span[0]);
        for (int t = 0; t < 1000; t++) shard.Apply([-1f], Step);
        Assert.Equal(0.5f, shard.Weights.Span[0]);
    }

    [Fact]
    public void RestoreMoments_AfterReshard_ContinuesWithSameBits()
    {
        var whole = Train(Make(0, Layout.ElementCount), degree: 1);
        var (momentumStart, _) = ParameterShardState<float>.MomentumRange(Layout, Chunk, Layout.ElementCount);
        var right = new ParameterShardState<float>(
            Layout, Chunk, Layout.ElementCount, DecayRule.All, whole.Weights.Span[Chunk..], whole.Momentum.Span[(int)momentumStart..]);
        right.RestoreMoments(whole.FirstMoment.Span[Chunk..], whole.SecondMoment.Span[Chunk..], whole.UpdateCount);
        Train(whole, degree: 1);
        Train(right, degree: 1);
        Assert.Equal(whole.Weights[Chunk..].ToArray(), right.Weights.ToArray());
    }

    [Fact]
    public void AverageInitialWeights_PullsMomentumTowardsWeights()
    {
        var layout = LayoutOf(("skipped", [2], false, null), ("x", [2], true, null));
        var shard = new ParameterShardState<double>(layout, 0, 4, DecayRule.All, [9, 9, 1, 2], [3, 4]);
        shard.AverageInitialWeights(0.75);
        Assert.Equal([2.5, 3.5], shard.Momentum.ToArray());
    }

    [Fact]
    public void ChunkSquaredNorms_AnyShardingAndThreads_GivesSameBits()
    {
        var gradient = Singles(Values(Layout.ElementCount, 3));
        var whole = Make(0, Layout.ElementCount).ChunkSquaredNorms(gradient, 0.25, degree: 3);
        double[] parts =
        [
            .. Make(0, 3 * Chunk).ChunkSquaredNorms(gradient.AsSpan(0, 3 * Chunk), 0.25),
            .. Make(3 * Chunk, Layout.ElementCount).ChunkSquaredNorms(gradient.AsSpan(3 * Chunk), 0.25)];
        Assert.Equal(whole, parts);
        Assert.Equal(gradient.Sum(g => g * 0.25 * g * 0.25), FixedTree.Sum(whole), 1e-7);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void ChunkSquaredNorms_NonFiniteAnywhere_IsNotFinite(float bad)
    {
        var gradient = Singles(Values(Layout.ElementCount, 3));
        gradient[^1] = bad;
        Assert.False(double.IsFinite(FixedTree.Sum(Make(0, Layout.ElementCount).ChunkSquaredNorms(gradient, 1))));
        gradient[^1] = float.MaxValue;
        Assert.True(double.IsFinite(FixedTree.Sum(Make(0, Layout.ElementCount).ChunkSquaredNorms(gradient, 1))));
    }

    [Fact]
    public void ChunkSquaredNorms_DoubleAndSingle_Agree()
    {
        var layout = LayoutOf(("x", [101], false, null));
        float[] gradient = Singles(Values(101, 5));
        double[] wide = [.. gradient.Select(g => (double)g)];
        Assert.Equal(
            new ParameterShardState<double>(layout, 0, 101, DecayRule.All, wide, []).ChunkSquaredNorms(wide, 1),
            new ParameterShardState<float>(layout, 0, 101, DecayRule.All, gradient, []).ChunkSquaredNorms(gradient, 1));
    }

    [Fact]
    public void Constructor_RangeOffChunks_Throws()
    {
        Assert.Throws<ArgumentException>(() => Make(1, Layout.ElementCount));
        Assert.Throws<ArgumentException>(() => Make(0, 5));
        Assert.Throws<ArgumentException>(() => new ParameterShardState<float>(Layout, 0, Chunk, DecayRule.All, [1], []));
    }

    private static ParameterShardState<float> Make(long start, long end)
    {
        var (momentumStart, momentumEnd) = ParameterShardState<float>.MomentumRange(Layout, start, end);
        var (weights, momentum) = (Singles(Values(Layout.ElementCount, 1)), Singles(Values(Layout.MomentumElementCount, 2)));
        return new ParameterShardState<float>(
            Layout, start, end, DecayRule.All, weights.AsSpan((int)start..(int)end), momentum.AsSpan((int)momentumStart..(int)momentumEnd));
    }

    private static ParameterShardState<float> Train(ParameterShardState<float> shard, int degree)
    {
        for (int t = 0; t < 3; t++) shard.Apply(Singles(Values(Layout.ElementCount, 3 + t)).AsSpan((int)shard.Start..(int)shard.End), Step, degree);
        return shard;
    }

    private static ParameterLayout LayoutOf(params (string Name, ImmutableArray<long> Shape, bool HasMomentum, (double, double)? Bounds)[] tensors)
    {
        var entries = ImmutableArray.CreateBuilder<ParameterEntry>();
        long offset = 0, momentum = 0;
        foreach (var (name, shape, hasMomentum, bounds) in tensors)
        {
            long length = shape.Aggregate(1L, (a, b) => a * b);
            entries.Add(new ParameterEntry
            {
                Name = name,
                Shape = shape,
                Offset = offset,
                Length = length,
                MomentumOffset = hasMomentum ? momentum : -1,
                MomentumName = hasMomentum ? name + "_m" : null,
                Bounds = bounds,
            });
            offset += length;
            if (hasMomentum) momentum += length;
        }
        return new ParameterLayout(entries.ToImmutable());
    }

    private static double[] Values(long count, int seed) =>
        [.. Enumerable.Range(0, (int)count).Select(i => Math.Sin(i * 12.9898 + seed * 78.233) / (1 + (i + seed) % 5 * 1000))];

    private static float[] Singles(double[] values) => Array.ConvertAll(values, value => (float)value);

    private static void AssertClose<T>(T[] expected, ReadOnlySpan<T> actual) where T : IFloatingPoint<T>
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (T.Abs(expected[i] - actual[i]) > T.CreateChecked(1e-12) * (T.One + T.Abs(expected[i])))
                Assert.Fail($"Element {i}: {actual[i]} instead of {expected[i]}.");
        }
    }
}
