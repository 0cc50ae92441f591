using System.CommandLine;
using System.Net;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>doctor</c>: whether this machine can train.</summary>
internal static class DoctorCommand
{
    /// <summary>Describes the command; <paramref name="run"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<DoctorRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var folder = new Option<DirectoryInfo>("--out", "-o") { Description = "Folder whose disk is to be looked at.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo(".") };
        var (device, database) = (TorchDevices.Option(), DatabaseOption.Create());
        var address = new Option<IPAddress>("--address") { Description = "Where a node of this machine is to listen.", HelpName = "IP", DefaultValueFactory = _ => IPAddress.Loopback, CustomParser = BoundedOptions.Address };
        Option<int>[] ports = [.. new[] { "silo", "gateway", "block" }.Select(kind => BoundedOptions.Number($"--{kind}-port", $"The node's --{kind}-port; 0 for any free one.", 0, 65535, 0))];
        var command = new Command("doctor", "Look whether this machine can train: libtorch, devices, picture decoder, cluster, database, ports, disk.") { folder, device, database, address, ports[0], ports[1], ports[2] };
        command.SetAction((result, cancellation) => run(
            new DoctorRequest
            {
                Folder = result.GetValue(folder)!.FullName,
                Device = result.GetValue(device),
                Database = DatabaseOption.ConnectionOf(result.CommandResult, database),
                Address = result.GetValue(address)!,
                Ports = [.. ports.Select(result.GetValue)],
            },
            JobConsole.For(result),
            cancellation));
        return command;
    }
}
