using System.Collections.Concurrent;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>A node's ways to shards, shared by its trainers. Thread-safe.</summary>
/// <param name="grains">Admits to shards of other nodes.</param>
/// <param name="silo">This node.</param>
/// <param name="find">The shards held here.</param>
/// <param name="connector">Makes connections.</param>
/// <param name="options">Patience.</param>
internal sealed class ShardLinks(IGrainFactory grains, ILocalSiloDetails silo, Func<RunId, ShardIndex, IBlockShard?> find, StreamConnector connector, DataPlaneOptions options) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(RunId Run, NodeName Node, ShardIndex Shard, ShardShape Shape), RemoteShard> _remote = new();

    /// <summary>The way to a shard.</summary>
    /// <param name="run">The run.</param>
    /// <param name="node">The node that holds it.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="shape">What it is like.</param>
    public IShardLink To(RunId run, NodeName node, ShardIndex shard, ShardShape shape)
    {
        if (node.Value == silo.Name) return new LocalShard(() => find(run, shard));
        var grain = grains.GetGrain<IParameterShard>(shard.GrainKey(node, run));
        return _remote.GetOrAdd((run, node, shard, shape), _ => new RemoteShard(grain.Admit, shape, connector, options));
    }

    /// <summary>Closes a run's connections.</summary>
    public async Task CloseAsync(RunId run)
    {
        foreach (var (key, _) in _remote.Where(entry => entry.Key.Run == run)) if (_remote.TryRemove(key, out var link)) await link.DisposeAsync();
    }

    /// <summary>Closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (key, _) in _remote) if (_remote.TryRemove(key, out var link)) await link.DisposeAsync();
    }
}
