using OrleansBlip.Grains.Training.Reduction;

namespace OrleansBlip.Grains.Tests.Training.Reduction;

public sealed class SpanPassTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    [InlineData((3 << 20) + 17)]
    public void Run_OnSeveralThreads_DoesEachElementOnce(int length)
    {
        float[] target = [.. Enumerable.Range(0, length).Select(i => i * 0.37f)], source = [.. Enumerable.Range(0, length).Select(i => 1f / (i + 1))];
        float[] expected = [.. target.Zip(source, (a, b) => a + b)];
        GradientSum.Add(target, source, degree: 3);
        Assert.True(expected.AsSpan().SequenceEqual(target));
    }

    [Fact]
    public void Run_VectorsOfDifferentLengths_IsRefused() =>
        Assert.Contains("2 elements cannot take 3", Assert.Throws<ArgumentException>(() => GradientSum.Add(new float[2], new float[3], degree: 2)).Message, StringComparison.Ordinal);
}
