using System.CommandLine;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>up</c>: a cluster of processes on this machine, for other commands to run on.</summary>
internal static class UpCommand
{
    /// <summary>Describes the command; <paramref name="run"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<UpRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var nodes = BoundedOptions.Number("--nodes", "Node processes on this machine.", 1, 16, 2);
        var cluster = new Option<string>("--cluster") { Description = "The cluster's name.", HelpName = "NAME", DefaultValueFactory = _ => "orleans-blip" };
        var devices = new Option<int?>("--devices") { Description = "Devices of each node; a fair share of the machine's without it.", HelpName = "N" };
        BoundedOptions.Bound(devices, 0, 1024);
        var (database, device, certificates) = (DatabaseOption.Create(), TorchDevices.Option(), JobOptions.Certificates());
        var command = new Command("up", "Run a cluster of node processes on this machine until Ctrl-C, and start those again that die.") { nodes, cluster, database, certificates, device, devices };
        command.SetAction((result, cancellation) => run(
            new UpRequest
            {
                Nodes = result.GetValue(nodes),
                Cluster = result.GetValue(cluster)!,
                Database = DatabaseOption.ConnectionOf(result.CommandResult, database),
                Certificates = result.GetValue(certificates),
                Device = result.GetValue(device),
                Devices = result.GetValue(devices),
            },
            JobConsole.For(result),
            cancellation));
        return command;
    }
}
