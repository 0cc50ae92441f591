using CsCheck;
using OrleansBlip.Data.Videos;

namespace OrleansBlip.Data.Tests.Videos;

public sealed class FrameSamplingTests
{
    [Theory]
    [InlineData(8, 8, "0 1 2 3 4 5 6 7")]
    [InlineData(16, 8, "1 3 5 7 9 11 13 15")]
    [InlineData(20, 8, "1 3 6 8 11 13 16 18")]
    [InlineData(100, 4, "12 37 62 87")]
    [InlineData(101, 1, "50")]
    [InlineData(3, 8, "0 0 0 1 1 2 2 2")]
    [InlineData(1, 4, "0 0 0 0")]
    [InlineData(int.MaxValue, 2, "536870911 1610612735")]
    public void Middles_OfEqualParts_AreTheirMiddleFrames(int total, int count, string expected) => Assert.Equal(expected, string.Join(' ', FrameSampling.Middles(total, count)));

    [Fact]
    public void Middles_AnyVideo_RiseAndHoldTheMiddlesOfTheirParts() => Gen.Select(Gen.Int[1, 100_000], Gen.Int[1, FrameSampling.FramesMax]).Sample((total, count) =>
    {
        var places = FrameSampling.Middles(total, count);
        Assert.Equal(count, places.Length);
        for (var part = 0; part < count; part++) Assert.InRange((part + 0.5) * total / count, places[part], places[part] + 1);
        if (total >= count) Assert.Equal(count, places.Distinct().Count());
        Assert.Equal(places.Order(), places);
    });

    [Theory]
    [InlineData(0, 8)]
    [InlineData(8, 0)]
    public void Middles_OfNothing_AreRefused(int total, int count) => Assert.Throws<ArgumentOutOfRangeException>(() => FrameSampling.Middles(total, count));
}
