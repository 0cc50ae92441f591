using System.CommandLine;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>doctor</c>: whether this machine can train.</summary>
internal static class DoctorCommand
{
    /// <summary>Describes the command; <paramref name="run"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<DoctorRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var folder = new Option<DirectoryInfo>("--out", "-o") { Description = "Folder whose disk is to be looked at.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo(".") };
        var device = TorchDevices.Option();
        var command = new Command("doctor", "Look whether this machine can train: libtorch, devices, picture decoder, cluster, state, disk.") { folder, device };
        command.SetAction((result, cancellation) => run(new DoctorRequest { Folder = result.GetValue(folder)!.FullName, Device = result.GetValue(device) }, JobConsole.For(result), cancellation));
        return command;
    }
}
