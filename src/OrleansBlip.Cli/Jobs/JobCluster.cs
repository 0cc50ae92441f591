using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBlip.Client;
using OrleansBlip.Data.Sources;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Jobs;

/// <summary>The embedded cluster of a job: silos in this process that share the machine's cores, and a client.</summary>
internal sealed class JobCluster : IAsyncDisposable
{
    private readonly BlipCluster _cluster;
    private readonly BlipSlotComputerFactory _factory;

    private JobCluster(BlipCluster cluster, BlipSlotComputerFactory factory)
    {
        _cluster = cluster;
        _factory = factory;
        Client = new BlipClient(cluster.Client);
        Devices = [.. cluster.Silos.SelectMany(Workers)];
    }

    public BlipClient Client { get; }

    /// <summary>The devices of all nodes.</summary>
    public IReadOnlyList<DeviceWorker> Devices { get; }

    /// <summary>Pictures that training could not decode so far; others stood in their places.</summary>
    public IReadOnlyCollection<SourceProblem> Undecodable => _factory.Undecodable;

    /// <summary>
    /// Starts <paramref name="nodes"/> silos whose grains keep their state in <paramref name="folder"/> and whose devices have
    /// <paramref name="threadsPerDevice"/> cores each, or are GPUs; verbose ones write their warnings to stderr.
    /// </summary>
    public static async Task<JobCluster> StartAsync(int nodes, string folder, bool verbose, CancellationToken cancellation, int threadsPerDevice = 1, DeviceChoice device = DeviceChoice.Cpu)
    {
        Directory.CreateDirectory(folder);
        var options = new BlipSiloOptions
        {
            ClusterId = $"job-{Environment.ProcessId}",
            StateFile = Path.Combine(folder, "state.db"),
            Devices = TorchDevices.Of(device, threadsPerDevice, nodes),
            ClaimDevice = _ => TorchThreads.Claim(threadsPerDevice),
        };
        var factory = new BlipSlotComputerFactory();
        return new JobCluster(await BlipCluster.StartAsync(nodes, options, Configure, cancellation), factory);

        void Configure(IServiceCollection services)
        {
            services.AddTorch(factory);
            if (verbose) services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private static IEnumerable<DeviceWorker> Workers(BlipSilo silo)
    {
        var pool = silo.Services.GetRequiredService<DevicePool>();
        return Enumerable.Range(0, pool.Count).Select(device => pool[device]);
    }
}
