using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Nodes;
using OrleansBlip.Client;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Jobs;

/// <summary>The cluster that a job runs on: silos in this process, processes of their own, or a cluster that runs already.</summary>
internal sealed class JobCluster : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned;
    private readonly Func<IEnumerable<DevicePool>> _pools;
    private readonly string _suffix;
    private IReadOnlyList<DeviceWorker>? _devices;

    private JobCluster(BlipClient client, Stack<IAsyncDisposable> owned, Func<IEnumerable<DevicePool>> pools, string suffix = "")
    {
        Client = client;
        _owned = owned;
        _pools = pools;
        _suffix = suffix;
    }

    public BlipClient Client { get; }

    /// <summary>
    /// Devices of this process, for what needs no cluster: those of the silos in it, else its own, made when they are asked for. Evaluation computes on them wherever the
    /// training ran, since it reads files and sums nothing across nodes.
    /// </summary>
    public IReadOnlyList<DeviceWorker> Devices => _devices ??= [.. _pools().SelectMany(pool => Enumerable.Range(0, pool.Count).Select(device => pool[device]))];

    /// <summary>Opens what was chosen.</summary>
    /// <param name="choice">Which nodes.</param>
    /// <param name="nodes">How many, where they are the job's own.</param>
    /// <param name="device">What they compute on, where they are the job's own.</param>
    /// <param name="folder">The job's folder.</param>
    /// <param name="console">Is told of processes that die.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">There is no database, or no cluster of that name in it.</exception>
    public static Task<JobCluster> OpenAsync(ClusterChoice choice, int nodes, DeviceChoice device, string folder, JobConsole console, CancellationToken cancellation) =>
        choice.InProcesses || choice.Running is not null ? ConnectAsync(choice, nodes, device, folder, console, cancellation)
        : StartAsync(nodes, folder, console.IsVerbose, cancellation, device: device);

    /// <summary>
    /// Starts <paramref name="nodes"/> silos in this process whose grains keep their state in <paramref name="folder"/> and whose devices have
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
        var factory = new Grains.Training.Slots.BlipSlotComputerFactory();
        var cluster = await BlipCluster.StartAsync(nodes, options, Configure, cancellation);
        return new JobCluster(new BlipClient(cluster.Client), new([cluster]), () => cluster.Silos.Select(silo => silo.Services.GetRequiredService<DevicePool>()));

        void Configure(IServiceCollection services)
        {
            services.AddTorch(factory);
            if (verbose) services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        }
    }

    /// <summary>The name of one of the job's runs in its cluster: a database that is shared knows those of other folders too.</summary>
    public string NameOf(string run) => run + _suffix;

    /// <summary>Ends what is the job's own, the last first.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned)) await owned.DisposeAsync();
    }

    private static async Task<JobCluster> ConnectAsync(ClusterChoice choice, int nodes, DeviceChoice device, string folder, JobConsole console, CancellationToken cancellation)
    {
        string suffix = $"-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(folder))))[..8]}";
        var owned = new Stack<IAsyncDisposable>();
        try
        {
            var database = await ClusterDatabase.OpenAsync(choice.Database, cancellation);
            owned.Push(database);
            string cluster = choice.Running ?? $"job{suffix}";
            if (choice.InProcesses)
            {
                var plan = new NodePlan { Count = nodes, Cluster = cluster, Database = database.Connection, Devices = TorchDevices.Of(device, threads: 1, nodes), Certificates = choice.Certificates, IsVerbose = console.IsVerbose };
                owned.Push(await NodeProcesses.StartAsync(plan, console.Note, cancellation));
            }
            var credentials = choice.Certificates is { } certificates ? ClusterCredentials.Load(certificates) : null;
            var client = await BlipClient.ConnectToDatabaseAsync(database.Connection, cluster, credentials, cancellation);
            owned.Push(client);
            return new JobCluster(client, owned, OwnDevices, suffix);
        }
        catch
        {
            while (owned.TryPop(out var half)) await half.DisposeAsync();
            throw;
        }

        IEnumerable<DevicePool> OwnDevices()
        {
            var pool = new DevicePool(TorchDevices.Of(device, threads: 1), _ => TorchThreads.Claim(1));
            owned.Push(pool);
            yield return pool;
        }
    }
}
