using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Protocol.Tests.Wire;

public sealed class BFloat16Tests
{
    [Theory]
    [InlineData(1f, 1f)]
    [InlineData(-1.00390625f, -1f)] // halfway: to the even one below
    [InlineData(1.01171875f, 1.015625f)] // halfway: to the even one above
    [InlineData(1.00391f, 1.0078125f)]
    [InlineData(-0f, -0f)]
    [InlineData(1e-45f, 0f)]
    [InlineData(float.MaxValue, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Round_AValue_GivesTheNearest(float value, float expected)
    {
        // In vectors and beside them.
        float[] values = [.. Enumerable.Repeat(value, 37)];
        BFloat16.Round(values);
        Assert.All(values, rounded => Assert.Equal(BitConverter.SingleToInt32Bits(expected) & 0x7FFFFFFF, BitConverter.SingleToInt32Bits(rounded) & 0x7FFFFFFF));
        Assert.All(values, rounded => Assert.True(float.IsNaN(expected) || float.IsNegative(rounded) == float.IsNegative(expected)));
    }

    [Fact]
    public void Round_ANaNWithLowBitsAlone_StaysNaN()
    {
        float[] values = [.. Enumerable.Repeat(BitConverter.UInt32BitsToSingle(0xFF800001), 17)];
        BFloat16.Round(values);
        Assert.All(values, value => Assert.True(float.IsNaN(value)));
    }
}
