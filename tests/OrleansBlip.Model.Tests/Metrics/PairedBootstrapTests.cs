using OrleansBlip.Model.Metrics;

namespace OrleansBlip.Model.Tests.Metrics;

public sealed class PairedBootstrapTests
{
    [Fact]
    public void Interval_ConstantDifference_IsThatPoint()
    {
        var interval = PairedBootstrap.Interval(new double[,] { { 3, 3, 3 }, { 3, 3, 3 } });
        Assert.Equal(new BootstrapInterval(3, 3, 3), interval);
    }

    [Fact]
    public void Interval_OneSeed_MatchesNormalTheory()
    {
        // 2,000 hits and misses with mean 0.3: the standard error of the mean is sqrt(0.21 / 2000).
        var differences = new double[1, 2000];
        for (int i = 0; i < 2000; i++) differences[0, i] = i % 10 < 3 ? 1 : 0;
        var interval = PairedBootstrap.Interval(differences);
        double error = Math.Sqrt(0.3 * 0.7 / 2000);
        Assert.Equal(0.3, interval.Mean, 1e-12);
        Assert.Equal(0.3 - 1.96 * error, interval.Lower, 0.1 * error);
        Assert.Equal(0.3 + 1.96 * error, interval.Upper, 0.1 * error);
    }

    [Fact]
    public void Interval_SeedsDisagree_SpansThem()
    {
        // Pictures agree wholly, seeds do not: all uncertainty comes from the seeds.
        var differences = new double[3, 50];
        for (int i = 0; i < 50; i++) (differences[0, i], differences[1, i], differences[2, i]) = (-1, 2, 5);
        Assert.Equal(new BootstrapInterval(2, -1, 5), PairedBootstrap.Interval(differences));
    }

    [Fact]
    public void Interval_SameKey_IsSame()
    {
        var differences = new double[2, 30];
        for (int i = 0; i < 30; i++) (differences[0, i], differences[1, i]) = (Math.Sin(i), Math.Cos(i));
        Assert.Equal(PairedBootstrap.Interval(differences, 500, seed: 7), PairedBootstrap.Interval(differences, 500, seed: 7));
        Assert.NotEqual(PairedBootstrap.Interval(differences, 500, seed: 7), PairedBootstrap.Interval(differences, 500, seed: 8));
    }
}
