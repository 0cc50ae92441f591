using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Nodes;
using OrleansBlip.Client;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Security;
using OrleansBlip.Silo;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>up</c>: runs nodes and shows them until it is told to end.</summary>
internal static class UpJob
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1), AnswerPatience = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(UpRequest request, JobConsole console, CancellationToken cancellation)
    {
        await using var state = await ClusterDatabase.OpenAsync(request.Database, cancellation);
        var plan = new NodePlan
        {
            Count = request.Nodes,
            Cluster = request.Cluster,
            Database = state.Connection,
            Devices = TorchDevices.Of(request.Device, threads: 1, request.Nodes, request.Devices),
            Certificates = request.Certificates,
            IsVerbose = console.IsVerbose,
        };
        var credentials = request.Certificates is { } certificates ? ClusterCredentials.Load(certificates) : null;
        await using var nodes = await NodeProcesses.StartAsync(plan, console.Note, cancellation);
        await using var client = await BlipClient.ConnectToDatabaseAsync(plan.Database, plan.Cluster, credentials, cancellation);
        if (console.IsJson) console.WriteResult(new { database = plan.Database, cluster = plan.Cluster });
        else
        {
            console.OutputText.WriteLine($"export {PostgresStorage.Variable}='{plan.Database.Replace("'", "'\\''", StringComparison.Ordinal)}'");
            console.OutputText.WriteLine($"# then: blip train DATA --cluster {plan.Cluster}{(plan.Certificates is null ? "" : " --certificates DIR")}");
        }
        console.OutputText.Flush();
        await using var view = console.OpenNodes();
        while (!cancellation.IsCancellationRequested)
        {
            view.Show(await Task.WhenAll(nodes.Nodes.Select(node => LookAsync(node, client))));
            await Task.Delay(LookInterval, TimeProvider.System, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // To be told to end is how this command ends.
        return ExitCode.Ok;
    }

    private static async Task<NodeRow> LookAsync(NodeProcess node, BlipClient client)
    {
        var row = new NodeRow(node.Name, node.ProcessId, node.State, DeviceCount: null, Runs: "");
        if (node.State != NodeState.Running) return row;
        try
        {
            var description = await client.Cluster.GetGrain<INode>(node.Name).Describe().WaitAsync(AnswerPatience, TimeProvider.System);
            return row with { DeviceCount = description.DeviceCount, Runs = string.Join(", ", description.Runs) };
        }
        catch (Exception)
        {
            // It is about to die, or its predecessor of the same name is not forgotten yet: the next look tells.
            return row;
        }
    }
}
