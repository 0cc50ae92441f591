using System.CommandLine;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>bootstrap</c>: cleans the user's noisy pairs with CapFilt (BLIP §3.3).</summary>
internal static class BootstrapCommand
{
    /// <summary>Describes the command; <paramref name="run"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<BootstrapRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var (web, folder, seed) = (JobOptions.Data(), JobOptions.Out("bootstrap-out"), JobOptions.Seed());
        var (nodes, recipe, resume) = (JobOptions.Nodes(), JobOptions.Recipe(), JobOptions.Resume());
        var clean = new Option<string[]>("--clean") { Description = "Pairs that people wrote, to finetune captioner and filter on.", HelpName = "DATA" };
        clean.Required = true;
        var rounds = BoundedOptions.Number("--rounds", "Rounds of captioning and filtering.", 1, 10, 1);
        var (steps, finetuning) = (JobOptions.Steps(of: "each pre-training"), JobOptions.Steps("--finetuning-steps", "captioner and filter"));
        var threshold = JobOptions.Share("--threshold", "Least probability of a match with which a text is kept.", 0.5);
        var (device, backups) = (TorchDevices.Option(), JobOptions.Backups());
        var vocabulary = JobOptions.Vocabulary();
        var command = new Command("bootstrap", "Caption and filter your noisy pairs, and train on what is kept.")
        {
            web, clean, folder, vocabulary, recipe, steps, finetuning, seed, rounds, threshold, nodes, backups, device, resume,
        };
        var (initial, cluster) = (InitialWeights.AddOptions(command), ClusterChoice.AddOptions(command));
        command.SetAction((result, cancellation) =>
        {
            var request = new BootstrapRequest
            {
                Web = [.. result.GetRequiredValue(web)],
                Clean = [.. result.GetRequiredValue(clean)],
                Out = result.GetValue(folder)!.FullName,
                Vocabulary = result.GetValue(vocabulary)?.FullName,
                Initial = initial(result),
                Recipe = result.GetValue(recipe)!,
                Seed = result.GetValue(seed),
                Steps = result.GetValue(steps),
                FinetuningSteps = result.GetValue(finetuning),
                Rounds = result.GetValue(rounds),
                Threshold = result.GetValue(threshold),
                Nodes = result.GetValue(nodes),
                Backups = result.GetValue(backups) ?? cluster(result).BackupsByDefault,
                Cluster = cluster(result),
                Device = result.GetValue(device),
                Resume = result.GetValue(resume),
            };
            return run(request, JobConsole.For(result), cancellation);
        });
        return command;
    }
}
