using OrleansBlip.Cli.Report;

namespace OrleansBlip.Cli.Tests.Report;

public sealed class AxisTicksTests
{
    [Theory]
    [InlineData(0, 96_000, 6, new double[] { 0, 20_000, 40_000, 60_000, 80_000, 100_000 })]
    [InlineData(0, 2.6, 5, new double[] { 0, 1, 2, 3 })]
    [InlineData(-3, 14, 6, new double[] { -5, 0, 5, 10, 15 })]
    [InlineData(0, 0, 5, new double[] { 0, 0.2, 0.4, 0.6, 0.8, 1 })]
    public void Cover_Range_IsRoundAndEnclosesIt(double low, double high, int count, double[] expected)
    {
        var ticks = AxisTicks.Cover(low, high, count);
        Assert.Equal(expected.Length, ticks.Count);
        Assert.All(expected.Zip(ticks), pair => Assert.Equal(pair.First, pair.Second, 9));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.25, "0.25")]
    [InlineData(-5, "−5")]
    [InlineData(20_000, "20k")]
    [InlineData(1_500_000, "1.5M")]
    public void Format_Tick_IsShort(double tick, string expected) => Assert.Equal(expected, AxisTicks.Format(tick));
}
