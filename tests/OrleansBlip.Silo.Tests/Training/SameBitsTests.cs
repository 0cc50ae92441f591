using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>A run's weights do not depend on who computes them.</summary>
public sealed class SameBitsTests : IDisposable
{
    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task PlainLoop_OnOneToFourDevices_EndsWithTheSameWeights()
    {
        var spec = RunFixture.Spec(slots: 7);
        string expected = await _fixture.PlainHashAsync(spec);
        for (int devices = 2; devices <= 4; devices++) Assert.Equal(expected, await _fixture.PlainHashAsync(spec, devices));
    }

    [Fact]
    public async Task PlainLoop_OfAnotherPrecision_EndsWithOtherWeights() => Assert.NotEqual(
        await _fixture.PlainHashAsync(RunFixture.Spec()), await _fixture.PlainHashAsync(RunFixture.Spec() with { GradientPrecision = GradientPrecision.BFloat16 }));

    [Theory]
    [InlineData(1, GradientPrecision.Float32)]
    [InlineData(2, GradientPrecision.Float32)]
    [InlineData(3, GradientPrecision.Float32)]
    [InlineData(5, GradientPrecision.Float32)]
    [InlineData(1, GradientPrecision.BFloat16)]
    [InlineData(2, GradientPrecision.BFloat16)]
    [InlineData(3, GradientPrecision.BFloat16)]
    [InlineData(5, GradientPrecision.BFloat16)]
    public async Task Run_OnNodesWithAnyNumberOfShards_EndsWithThePlainLoopsWeights(int nodes, GradientPrecision precision)
    {
        // Eight chunks of 64 Ki, so that seven shards have something to hold.
        var spec = RunFixture.Spec(elements: 7 * 65536 + 500, steps: 4) with { GradientPrecision = precision };
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes, devices: 1);
        foreach (int shards in new[] { 1, 2, 3, 7 })
        {
            var status = await _fixture.RunToRestAsync(cluster, $"run-{shards}", _fixture.Request(spec, shards, name: $"k{shards}"));
            Assert.Equal((RunState.Completed, null), (status.State, status.Problem));
            Assert.Equal(expected, status.WeightsSha256);
        }
        await _fixture.UntilNoComputerLivesAsync();
    }
}
