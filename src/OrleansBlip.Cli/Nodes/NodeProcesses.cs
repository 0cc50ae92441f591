using System.Runtime.InteropServices;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Silo;
using OrleansBlip.Silo.Processes;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Nodes;

/// <summary>Nodes in processes of their own on this machine, which end with this one.</summary>
internal sealed class NodeProcesses : IAsyncDisposable
{
    private NodeProcesses(IReadOnlyList<NodeProcess> nodes) => Nodes = nodes;

    /// <summary>The nodes, by number.</summary>
    public IReadOnlyList<NodeProcess> Nodes { get; }

    /// <summary>Starts them, and waits until each is in the cluster.</summary>
    /// <param name="plan">Which, and where.</param>
    /// <param name="tell">Is told what happens to them later.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="Commands.CommandException">One of them does not start; the message says why.</exception>
    public static async Task<NodeProcesses> StartAsync(NodePlan plan, Action<string> tell, CancellationToken cancellation)
    {
        var nodes = new NodeProcesses([.. Enumerable.Range(1, plan.Count).Select(number => Start(plan, $"node-{number}", tell))]);
        try
        {
            await Task.WhenAll(nodes.Nodes.Select(node => node.Ready)).WaitAsync(cancellation);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets all of them leave in good order.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));

    private static NodeProcess Start(NodePlan plan, string name, Action<string> tell)
    {
        string[] arguments =
        [
            "--name", name, "--cluster", plan.Cluster, "--device", plan.Devices.Kind == DeviceKind.Cuda ? "cuda" : "cpu", "--devices", $"{plan.Devices.DeviceCount}",
            .. plan.Certificates is { } certificates ? new[] { "--certificates", certificates } : [],
        ];
        // Not on the command line, which everybody on the machine may read.
        var environment = new Dictionary<string, string> { [PostgresStorage.Variable] = plan.Database };
        var (program, first) = SiloProgram();
        return new NodeProcess(name, StartAsync, tell, TimeProvider.System);

        Task<OwnedProcess> StartAsync(Action<string> output) =>
            OwnedProcess.StartAsync(program, [.. first, .. arguments], output, environment, complaint: plan.IsVerbose ? line => tell($"{name}: {line}") : null);
    }

    /// <summary>The silo's program lies beside this one. It is run by the runtime that runs this one, which need not be the one on the PATH.</summary>
    private static (string Program, string[] Arguments) SiloProgram()
    {
        string silo = typeof(BlipSilo).Assembly.GetName().Name!;
        string runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        return File.Exists(runtime) ? (runtime, [Path.Combine(AppContext.BaseDirectory, $"{silo}.dll")]) : (Path.Combine(AppContext.BaseDirectory, silo), []);
    }
}
