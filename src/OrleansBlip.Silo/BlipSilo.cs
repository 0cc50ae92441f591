using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using Orleans.Configuration;
using OrleansBlip.Grains;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Grains.Training;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo.Membership;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Silo;

/// <summary>A running node: an Orleans silo with the grains, on localhost clustering or PostgreSQL. Several may live in one process.</summary>
public sealed class BlipSilo : IAsyncDisposable
{
    private const string ServiceId = "orleans-blip";

    private readonly IHost _host;
    private bool _isDead;

    private BlipSilo(IHost host, string name, IPEndPoint endpoint, IPEndPoint gateway)
    {
        _host = host;
        Name = name;
        Endpoint = endpoint;
        Gateway = gateway;
    }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>Where other silos reach it; the first silo's is <see cref="BlipSiloOptions.Primary"/> to the others.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Where clients reach it.</summary>
    public IPEndPoint Gateway { get; }

    /// <summary>Where other nodes push and pull blocks.</summary>
    public IPEndPoint Blocks => _host.Services.BlockEndpoint()!;

    /// <summary>A client within the silo.</summary>
    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>The silo's services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Starts a node.</summary>
    /// <param name="options">How it runs.</param>
    /// <param name="configure">Adds what the grains need of the host: an <c>ISlotComputerFactory</c>, logging.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">A port is in use, the certificates cannot be used, or the database cannot.</exception>
    /// <exception cref="ArgumentException">The node's name or address is none, or the environment arms failpoints that it must not.</exception>
    public static async Task<BlipSilo> StartAsync(BlipSiloOptions options, Action<IServiceCollection> configure, CancellationToken cancellationToken = default)
    {
        Failpoints.CheckEnvironment();
        if (options.Name.Contains('/', StringComparison.Ordinal)) throw new ArgumentException($"A node's name cannot hold '/': '{options.Name}'.", nameof(options));
        var credentials = SiloCertificates.Load(options);
        if (options.Database is { } database) await PostgresStorage.CheckAsync(database, cancellationToken);
        else if (options.StateFile is { } file) await SqliteStorage.ApplyAsync(file, cancellationToken);
        var (siloPort, gatewayPort) = ListenablePorts(options);

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        configure(builder.Services);
        AddTelemetry(builder.Services);
        builder.UseOrleans(silo =>
        {
            if (options.Database is null) silo.UseLocalhostClustering(siloPort, gatewayPort, options.Primary ?? new IPEndPoint(options.Address, siloPort), ServiceId, options.ClusterId);
            else silo.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (ServiceId, options.ClusterId));
            silo.ConfigureEndpoints(options.Address, siloPort, gatewayPort);
            if (credentials is not null) SiloCertificates.Use(silo, credentials);
            silo.Configure<SiloOptions>(silo => silo.SiloName = options.Name);
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = options.ProbeTimeout;
                membership.NumMissedProbesLimit = 3;
            });
            if (options.Database is { } connection) PostgresStorage.Use(silo, connection, options.ProbeTimeout);
            else if (options.StateFile is { } path) SqliteStorage.Use(silo, path);
            else silo.AddMemoryGrainStorage(BlipStorage.Name);
            LostConnections.Use(silo);
            silo.AddBlipGrains(options.Devices, options.ClaimDevice, new DataPlaneOptions { Port = options.BlockPort });
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, Predecessors>();
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (DbException failure)
        {
            throw new IOException($"The database failed while the node started, which has to be started again: {failure.Message}", failure);
        }
        return new BlipSilo(host, options.Name, new IPEndPoint(options.Address, siloPort), new IPEndPoint(options.Address, gatewayPort));
    }

    /// <summary>Asks the runs that have something here to go on without this node from their next step boundary, and waits for that.</summary>
    /// <param name="patience">How long to wait.</param>
    /// <returns>The runs that count on it still, and will lose what it holds.</returns>
    public Task<IReadOnlyCollection<RunId>> LeaveAsync(TimeSpan patience) => _host.Services.LeaveRunsAsync(new NodeName(Name), patience);

    /// <summary>Leaves the cluster in good order, unless it is dead, and frees everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isDead) await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    /// <summary>Falls silent without a word, as far as that is possible within a living process. What it holds is freed by <see cref="DisposeAsync"/>.</summary>
    public async Task KillAsync()
    {
        _isDead = true;
        await _host.StopAsync(new CancellationToken(canceled: true));
    }

    private static void AddTelemetry(IServiceCollection services)
    {
        var telemetry = services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("Microsoft.Orleans", TrainingInstruments.MeterName));
        // The exporter would knock at its default port for ever where nobody has asked for it.
        if (Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is not null) telemetry.UseOtlpExporter();
    }

    /// <summary>Asks before Orleans does, whose complaint about a port in use is a page long.</summary>
    private static (int Silo, int Gateway) ListenablePorts(BlipSiloOptions options)
    {
        using TcpListener silo = Listen(options.Address, options.SiloPort), gateway = Listen(options.Address, options.GatewayPort);
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }

    /// <summary>Listens at a port for as long as the listener lives.</summary>
    /// <param name="address">An address of this machine.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <exception cref="IOException">That cannot be; the message says why.</exception>
    public static TcpListener Listen(IPAddress address, int port)
    {
        var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            throw new IOException(failure.SocketErrorCode == SocketError.AddressNotAvailable
                ? $"A silo cannot listen at {address}, which is no address of this machine."
                : $"A silo cannot listen at port {port}: {failure.Message}. Choose another port, or 0 for any free one.", failure);
        }
    }
}
