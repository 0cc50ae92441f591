using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Trainers;
using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Grains.Tests.Training.Trainers;

public sealed class ShardOrderTests
{
    private static readonly ImmutableArray<NodeName> Owners = [new("a"), new("b"), new("c"), new("d")];

    [Fact]
    public void Of_NodesWithAShardEach_AreNeverAllAtTheSameShard()
    {
        var orders = Owners.Select(node => ShardOrder.Of(Owners, node)).ToArray();
        Assert.Equal([1, 2, 3, 0], orders[1].ToArray());
        for (int turn = 0; turn < Owners.Length; turn++) Assert.Equal([0, 1, 2, 3], orders.Select(order => order[turn]).Order().ToArray());
    }

    [Theory]
    [InlineData("e")]
    [InlineData("one without a shard")]
    public void Of_ANodeWithoutAShard_IsEachShardOnce(string node)
    {
        var order = ShardOrder.Of(Owners, new NodeName(node));
        Assert.Equal([0, 1, 2, 3], order.Order().ToArray());
        Assert.Equal<IEnumerable<int>>(order, ShardOrder.Of(Owners, new NodeName(node)));
    }
}
