using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Training;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>The far end's shards, one for each stream: a node pulls each version of a shard once, into memory that it keeps.</summary>
internal sealed class RemoteShards : IAsyncDisposable
{
    private readonly RemoteShard[] _shards;

    /// <param name="far">The other process.</param>
    /// <param name="credentials">The cluster's certificates; null for connections without TLS.</param>
    /// <param name="instruments">Counts bytes.</param>
    public RemoteShards(FarEnd far, ClusterCredentials? credentials, TrainingInstruments instruments)
    {
        var options = new DataPlaneOptions();
        var connector = new StreamConnector(options, credentials, instruments, TimeProvider.System);
        var shape = new ShardShape(0, WireBenchmark.BlockElements, 0, 1);
        _shards = [.. Enumerable.Range(0, WireBenchmark.StreamsMax).Select(_ => new RemoteShard(_ => far.AdmitAsync(credentials is not null), shape, connector, options))];
    }

    /// <summary>A stream's.</summary>
    public RemoteShard this[int stream] => _shards[stream];

    public async ValueTask DisposeAsync()
    {
        foreach (var shard in _shards) await shard.DisposeAsync();
    }
}
