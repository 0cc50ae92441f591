using OrleansBlip.Client;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>A run's weights and its optimizer's state do not depend on who computes them.</summary>
public sealed class SameBitsTests : IDisposable
{
    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task PlainLoop_OnOneToFourDevices_EndsWithTheSameWeights()
    {
        var spec = RunFixture.Spec(slots: 7);
        var expected = await _fixture.PlainEndAsync(spec);
        for (int devices = 2; devices <= 4; devices++)
        {
            var end = await _fixture.PlainEndAsync(spec, devices);
            Assert.Equal((expected.WeightsSha256, expected.OptimizerSha256), (end.WeightsSha256, end.OptimizerSha256));
        }
    }

    [Fact]
    public async Task PlainLoop_OfAnotherPrecision_EndsWithOtherWeights() => Assert.NotEqual(
        await _fixture.PlainHashAsync(RunFixture.Spec()), await _fixture.PlainHashAsync(RunFixture.Spec() with { GradientPrecision = GradientPrecision.BFloat16 }));

    [Theory]
    [InlineData(1, GradientPrecision.Float32)]
    [InlineData(2, GradientPrecision.Float32)]
    [InlineData(3, GradientPrecision.Float32)]
    [InlineData(4, GradientPrecision.Float32)]
    [InlineData(5, GradientPrecision.Float32)]
    [InlineData(1, GradientPrecision.BFloat16)]
    [InlineData(2, GradientPrecision.BFloat16)]
    [InlineData(3, GradientPrecision.BFloat16)]
    [InlineData(4, GradientPrecision.BFloat16)]
    [InlineData(5, GradientPrecision.BFloat16)]
    public async Task Run_OnNodesWithAnyNumberOfShards_EndsWithThePlainLoopsWeights(int nodes, GradientPrecision precision)
    {
        // Eight chunks of 64 Ki, so that seven shards have something to hold; the same number of slots for each node, because one that is not needed for a step gets none.
        var spec = RunFixture.Spec(elements: 7 * 65536 + 500, slots: nodes * (nodes < 4 ? 2 : 1), steps: 4) with { GradientPrecision = precision };
        var expected = await _fixture.PlainEndAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes, devices: 1);
        await using var client = new BlipClient(cluster.Client);
        foreach (int shards in new[] { 1, 2, 3, 7 })
        {
            using var gate = new NodeGate(nodes, nodes);
            _fixture.Behaviour.BeforeSlot = slot =>
            {
                gate.Enter(slot.Node, slot.Step);
                gate.Leave(slot.Node);
            };
            _fixture.Behaviour.Computed.Clear();
            var request = _fixture.Request(spec, shards, name: $"k{shards}");
            var run = new RunId($"run-{shards}");
            await client.Run(run).Start(request);
            await gate.OpenOnceCompleteAsync(client.Run(run));
            var status = await _fixture.RestAsync(cluster, run.ToString());
            Assert.Null(status.Problem);
            expected.AssertIsEndOf(request, status);
            Assert.Equal(cluster.Silos.Select(silo => silo.Name).Order(), _fixture.Behaviour.Computed.Select(slot => slot.Node).Distinct().Order());
        }
        await _fixture.UntilNoComputerLivesAsync();
    }
}
