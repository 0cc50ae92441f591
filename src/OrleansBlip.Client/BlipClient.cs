using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Serialization;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Client;

/// <summary>Talks to a cluster: starts runs and watches them.</summary>
public sealed class BlipClient : IAsyncDisposable
{
    private const string ServiceId = "orleans-blip";

    /// <summary>Time between two looks at a run.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a run may be unreachable: its coordinator's node may have died, and another takes over.</summary>
    private static readonly TimeSpan UnreachablePatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(3);

    private readonly IHost? _host;
    private readonly TimeProvider _time;

    /// <summary>Speaks through a client that is connected already, such as an embedded silo's.</summary>
    public BlipClient(IClusterClient cluster, TimeProvider? time = null)
    {
        Cluster = cluster;
        _time = time ?? TimeProvider.System;
    }

    private BlipClient(IHost host)
        : this(host.Services.GetRequiredService<IClusterClient>()) => _host = host;

    /// <summary>The Orleans client behind it.</summary>
    public IClusterClient Cluster { get; }

    /// <summary>Connects to a cluster on this machine by its clients' port.</summary>
    /// <param name="credentials">The client's certificates, where the cluster speaks TLS; it then speaks nothing else.</param>
    /// <exception cref="ClusterUnreachableException">It is not reached within a minute, or does not let this client in.</exception>
    public static Task<BlipClient> ConnectAsync(int gatewayPort, string clusterId = "orleans-blip", ClusterCredentials? credentials = null, CancellationToken cancellationToken = default) =>
        ConnectAsync(client => client.UseLocalhostClustering(gatewayPort, serviceId: ServiceId, clusterId: clusterId), clusterId, credentials, cancellationToken);

    /// <summary>Connects to a cluster whose silos stand in a PostgreSQL database; whichever of them die, it finds the others.</summary>
    /// <param name="credentials">The client's certificates, where the cluster speaks TLS; it then speaks nothing else.</param>
    /// <exception cref="ClusterUnreachableException">None is reached within a minute, or they do not let this client in.</exception>
    public static Task<BlipClient> ConnectToDatabaseAsync(string connection, string clusterId = "orleans-blip", ClusterCredentials? credentials = null, CancellationToken cancellationToken = default) => ConnectAsync(
        client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (ServiceId, clusterId));
            client.Configure<ExceptionSerializationOptions>(exceptions => exceptions.SupportedNamespacePrefixes.Add("Npgsql"));
            // A client that knocks where all have just died is to find those who come after them.
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1));
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", connection));
        },
        clusterId,
        credentials,
        cancellationToken);

    private static async Task<BlipClient> ConnectAsync(Action<IClientBuilder> configure, string clusterId, ClusterCredentials? credentials, CancellationToken cancellationToken)
    {
        var first = new FirstConnection(clusterId, credentials, TimeProvider.System);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client =>
        {
            configure(client);
            client.UseConnectionRetryFilter(first.TryAgainAsync);
            if (credentials is not null) client.Configure<ClientConnectionOptions>(connections => connections.ConfigureConnection(connection => connection.ConnectByMutualTls(credentials, first.NoteRefused)));
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (OrleansException failure)
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw new ClusterUnreachableException(first.Describe(failure), failure);
        }
        return new BlipClient(host);
    }

    /// <summary>A run.</summary>
    public ITrainingRun Run(RunId run) => Cluster.GetGrain<ITrainingRun>(run.Value);

    /// <summary>Starts a run, or goes on with it, and watches it until it rests.</summary>
    /// <exception cref="RunRefusedException">The request is wrong, or the run is another or over.</exception>
    public async IAsyncEnumerable<RunProgress> TrainAsync(RunId run, RunRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Run(run).Start(request);
        await foreach (var progress in WatchAsync(run, cancellationToken)) yield return progress;
    }

    /// <summary>Follows a run step by step until it rests. Each step comes once, unless the watcher falls thousands of steps behind or the coordinator's node dies.</summary>
    public async IAsyncEnumerable<RunProgress> WatchAsync(RunId run, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        const int stepsPerLook = 1000;
        var seen = new StepNumber(-1);
        while (true)
        {
            var progress = await AskAsync(() => Run(run).Progress(seen, stepsPerLook), cancellationToken);
            if (progress.Steps.Length > 0) seen = progress.Steps[^1].Step;
            yield return progress;
            if (progress.Status.IsAtRest && progress.Steps.Length < stepsPerLook) yield break;
            if (progress.Steps.Length < stepsPerLook) await Task.Delay(LookInterval, _time, cancellationToken);
        }
    }

    /// <summary>Asks what may be asked twice, again and again for a minute: the node of whom it is asked may have died, and another takes over.</summary>
    public async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken = default)
    {
        for (long start = _time.GetTimestamp(); ;)
        {
            try
            {
                return await ask();
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException or DbException && _time.GetElapsedTime(start) < UnreachablePatience)
            {
                await Task.Delay(LookInterval, _time, cancellationToken);
            }
        }
    }

    /// <inheritdoc cref="AskAsync{T}(Func{Task{T}}, CancellationToken)"/>
    public Task AskAsync(Func<Task> ask, CancellationToken cancellationToken = default) => AskAsync(
        async () =>
        {
            await ask();
            return true;
        },
        cancellationToken);

    /// <summary>The nodes of the cluster, by name; one that does not answer within seconds is left out.</summary>
    public async Task<IReadOnlyList<NodeDescription>> NodesAsync(CancellationToken cancellationToken = default)
    {
        var members = await AskAsync(() => Cluster.GetGrain<IManagementGrain>(0).GetDetailedHosts(onlyActive: true), cancellationToken);
        var nodes = await Task.WhenAll(members.Select(member => member.SiloName!).Distinct().Order(StringComparer.Ordinal).Select(DescribeAsync));
        return [.. nodes.OfType<NodeDescription>()];
    }

    private async Task<NodeDescription?> DescribeAsync(string node)
    {
        try
        {
            return await Cluster.GetGrain<INode>(node).Describe().WaitAsync(NodePatience, _time);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            // It has died, and the cluster does not know yet.
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_host is null) return;
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
