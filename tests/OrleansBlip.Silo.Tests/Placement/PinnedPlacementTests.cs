using Microsoft.Extensions.DependencyInjection;
using OrleansBlip.Grains.Placement;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Silo.Tests.Training;

namespace OrleansBlip.Silo.Tests.Placement;

public sealed class PinnedPlacementTests : IDisposable
{
    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task FirstCalls_RacedFromAllNodes_MakeOneActivationOnTheNodeOfTheKey()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 3);
        for (int round = 0; round < 70; round++)
        {
            var owner = new NodeName($"node-{round % 3 + 1}");
            string key = new ShardIndex(0).GrainKey(owner, new RunId($"race-{round}"));
            await Task.WhenAll(cluster.Silos.SelectMany(silo => Enumerable.Range(0, 4).Select(_ => silo.Client.GetGrain<IParameterShard>(key).Admit(new ViewNumber(1)))));
        }
        var activations = await cluster.Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        var shards = activations.Where(activation => activation.GrainId.Type.ToString() == "blip-shard").ToArray();
        Assert.Equal(70, shards.Length);
        Assert.Equal(70, shards.Select(shard => shard.GrainId).Distinct().Count());
        var addresses = cluster.Silos.ToDictionary(silo => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress, silo => silo.Name);
        Assert.All(shards, shard => Assert.StartsWith(addresses[shard.SiloAddress] + "/", shard.GrainId.Key.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Call_ToANodeThatIsNotThere_FailsWithItsName()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        var failure = await Assert.ThrowsAsync<NodeUnavailableException>(() => cluster.Client.GetGrain<INode>("node-9").Describe());
        Assert.Contains("'node-9'", failure.Message, StringComparison.Ordinal);
    }
}
