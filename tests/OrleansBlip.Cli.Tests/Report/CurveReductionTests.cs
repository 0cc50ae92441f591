using System.Collections.Immutable;
using OrleansBlip.Cli.Report;

namespace OrleansBlip.Cli.Tests.Report;

public sealed class CurveReductionTests
{
    private static readonly ImmutableArray<CurvePoint> Noisy =
        [.. Enumerable.Range(0, 10_000).Select(i => new CurvePoint(i, i == 5_001 ? 99 : i % 7))];

    [Fact]
    public void Reduce_LongCurve_KeepsExtremesAndOrder()
    {
        var reduced = CurveReduction.Reduce(Noisy, 600);
        Assert.InRange(reduced.Count, 300, 600);
        Assert.Contains(reduced, p => p.Y == 99);
        Assert.Equal(reduced.OrderBy(p => p.X), reduced);
    }

    [Fact]
    public void Reduce_ShortCurve_IsItself() => Assert.Equal(Noisy.Take(10), CurveReduction.Reduce([.. Noisy.Take(10)], 600));

    [Fact]
    public void Reduce_CurveThatBroke_ShowsIt()
    {
        var reduced = CurveReduction.Reduce(Noisy.SetItem(7_000, new CurvePoint(7_000, double.NaN)), 600);
        Assert.Contains(reduced, p => double.IsNaN(p.Y));
    }

    [Fact]
    public void Smooth_Constant_IsUnchangedFromTheFirstPoint()
    {
        ImmutableArray<CurvePoint> flat = [new(0, 3), new(1, 3), new(2, double.NaN), new(3, 3)];
        Assert.Equal([3, 3, double.NaN, 3], CurveReduction.Smooth(flat, 0.95).Select(p => Math.Round(p.Y, 12)));
    }
}
