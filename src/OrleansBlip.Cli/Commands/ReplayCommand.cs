using System.CommandLine;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>replay</c>: computes a step of a training once more.</summary>
internal static class ReplayCommand
{
    /// <summary>Describes the command; <paramref name="run"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<ReplayRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var folder = new Argument<DirectoryInfo>("training") { Description = "Folder of a training, or of its checkpoints." };
        var step = new Option<long>("--step") { Description = "The step, from 0. Steps from the last checkpoint before it are computed too.", HelpName = "N", Required = true };
        BoundedOptions.Bound(step, 0, 1_000_000_000);
        var device = TorchDevices.Option();
        var command = new Command("replay", "Compute a step of a training once more, slot by slot, from the last checkpoint before it, and name its samples: numbers of pairs in the data set, from 0.") { folder, step, device };
        command.SetAction((result, cancellation) => run(
            new ReplayRequest { Folder = result.GetRequiredValue(folder).FullName, Step = result.GetValue(step), Device = result.GetValue(device) }, JobConsole.For(result), cancellation));
        return command;
    }
}
