using System.CommandLine;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>estimate</c>: what a training will take.</summary>
internal static class EstimateCommand
{
    /// <summary>Describes the command; <paramref name="run"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<EstimateRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var (data, recipe, vocabulary, device) = (JobOptions.Data(), JobOptions.Recipe(), JobOptions.Vocabulary(), TorchDevices.Option());
        var (family, steps, precision) = (JobOptions.Family(), JobOptions.Steps(), JobOptions.GradientPrecision());
        var nodes = BoundedOptions.Number("--nodes", "Nodes like this machine.", 1, 1024, 1);
        var backups = BoundedOptions.Number("--backups", "Backups of each parameter shard on another node: 1 is what trainings on processes of their own have by default.", 0, 1, 1);
        var command = new Command("estimate", "Take three steps of a training here, and tell its memory, its traffic and its time.") { data, family, vocabulary, recipe, steps, precision, nodes, backups, device };
        command.SetAction((result, cancellation) => run(
            new EstimateRequest
            {
                Data = [.. result.GetRequiredValue(data)],
                Vocabulary = result.GetValue(vocabulary)?.FullName,
                Family = result.GetValue(family)!,
                Recipe = result.GetValue(recipe)!,
                Steps = result.GetValue(steps),
                GradientPrecision = result.GetValue(precision),
                Nodes = result.GetValue(nodes),
                Backups = result.GetValue(backups),
                Device = result.GetValue(device),
            },
            JobConsole.For(result),
            cancellation));
        return command;
    }
}
