using System.Collections.Immutable;
using OrleansBlip.Chaos.Schedules;
using OrleansBlip.Client;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Chaos.Nodes;

/// <summary>The nodes of one schedule, on a database that several schedules share, and who looks after them: where the last one has ended, another one is started.</summary>
internal sealed class ChaosCluster(LocalPostgres database, Network? network, NodeSettings settings) : IAsyncDisposable
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(20), LookInterval = TimeSpan.FromMilliseconds(25);

    private readonly SemaphoreSlim _databaseTurn = new(1);
    private readonly string _name = Guid.NewGuid().ToString("N");
    private ImmutableArray<Node> _nodes = [];
    private BlipClient? _client;
    private int _started, _starting;

    /// <summary>All nodes that there ever were.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>Those that are at work, by name.</summary>
    public IReadOnlyList<Node> AtWork => [.. _nodes.Where(node => node.IsAtWork && node.Endpoints.Count > 0).OrderBy(node => node.Name, StringComparer.Ordinal)];

    /// <summary>Where a database listens.</summary>
    public static int PortOf(LocalPostgres database) => new Npgsql.NpgsqlConnectionStringBuilder(database.Connection).Port;

    /// <summary>Starts nodes side by side and waits until they are up, or have ended again.</summary>
    public Task StartAsync(params IEnumerable<NodeFault> faults) => Task.WhenAll(faults.Select(fault => StartAsync(fault, $"node-{(char)('a' + Interlocked.Increment(ref _started) - 1)}")));

    /// <summary>Starts a node of a given name.</summary>
    public async Task StartAsync(NodeFault fault, string name)
    {
        Interlocked.Increment(ref _starting);
        try
        {
            await StartOnceAsync(fault, name);
        }
        finally
        {
            Interlocked.Decrement(ref _starting);
        }
    }

    /// <summary>Starts a node whenever there is none left and none about to come, until the schedule is over. Whoever waits for an answer of the dead waits no longer then.</summary>
    public async Task SuperviseAsync(NodeFault fault, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (Volatile.Read(ref _starting) == 0 && !_nodes.Any(node => node.IsAtWork))
            {
                await StartAsync(fault);
                await DisconnectAsync();
            }
            await Task.Delay(LookInterval, CancellationToken.None);
        }
    }

    /// <summary>The node meant; null where there is none left.</summary>
    public async Task<Node?> FindAsync(NodeRole role, RunId run)
    {
        var nodes = AtWork;
        if (role == NodeRole.Coordinator && _client is { } client)
        {
            try
            {
                var address = await client.Cluster.GetGrain<IManagementGrain>(0).GetActivationAddress(client.Run(run));
                if (address is not null && nodes.FirstOrDefault(node => node.Endpoints[0].Equals(address.Endpoint)) is { } found) return found;
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException or ObjectDisposedException)
            {
                // Nobody knows at the moment: any node may be.
            }
        }
        return role == NodeRole.Trainer ? nodes.LastOrDefault() : nodes.FirstOrDefault();
    }

    /// <summary>The run, by a client that is connected anew where need be.</summary>
    public async Task<ITrainingRun> RunAsync(RunId run)
    {
        var client = _client ?? await BlipClient.ConnectToDatabaseAsync(database.Connection, _name).WaitAsync(ConnectPatience);
        _client = client;
        return client.Run(run);
    }

    /// <summary>Gives the client up, whose silos are gone.</summary>
    public async Task DisconnectAsync()
    {
        if (Interlocked.Exchange(ref _client, null) is { } client) await client.DisposeAsync();
    }

    /// <summary>Kills the database, which comes back after a while: one that is away already is killed when it has.</summary>
    public async Task KillDatabaseAsync(TimeSpan away)
    {
        await _databaseTurn.WaitAsync();
        try
        {
            await database.KillAsync();
            await Task.Delay(away);
            await database.RestartAsync();
        }
        finally
        {
            _databaseTurn.Release();
        }
    }

    /// <summary>Loses packets of a node for a while, if it still has a group.</summary>
    public async Task CutAsync(Node node, Direction direction, TimeSpan duration)
    {
        if (node.Group is not { } group) return;
        await Network.CutAsync(group, direction, node.Endpoints, PortOf(database));
        await Task.Delay(duration);
        await Network.HealAsync(group);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) node.IsLeaving = true;
        foreach (var node in _nodes) node.Dispose();
        await Task.WhenAll(_nodes.Select(node => node.Process.Ended));
        await ReclaimGroupsAsync();
        await DisconnectAsync();
        _databaseTurn.Dispose();
    }

    private async Task StartOnceAsync(NodeFault fault, string name)
    {
        await ReclaimGroupsAsync();
        var node = await Node.StartAsync(name, _name, database.Connection, network?.Take(), fault, settings);
        ImmutableInterlocked.Update(ref _nodes, nodes => nodes.Add(node));
        if (await node.IsUpAsync() || fault.ClockHours == 0 || !node.HasCrashed) return;
        // libfaketime and the runtime's first threads do not always agree: that is no crash of ours.
        node.IsLeaving = node.IsKilled = true;
        await StartOnceAsync(fault, name);
    }

    /// <summary>Takes the groups of nodes back that have ended: a long run has more nodes than there are groups.</summary>
    private async Task ReclaimGroupsAsync()
    {
        foreach (var node in _nodes.Where(node => node.ExitCode is not null))
        {
            if (node.TakeGroup() is not { } group) continue;
            await Network.HealAsync(group);
            network!.Return(group);
        }
    }
}
