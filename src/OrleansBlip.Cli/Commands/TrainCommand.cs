using System.CommandLine;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>train</c>: trains a model on the user's pairs.</summary>
internal static class TrainCommand
{
    /// <summary>Describes the command; <paramref name="run"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<TrainRequest, JobConsole, CancellationToken, Task<int>> run)
    {
        var (data, folder, seed) = (JobOptions.Data(), JobOptions.Out("train-out"), JobOptions.Seed());
        var (nodes, recipe, resume) = (JobOptions.Nodes(), JobOptions.Recipe(), JobOptions.Resume());
        var (family, steps, precision) = (JobOptions.Family(), JobOptions.Steps(), JobOptions.GradientPrecision());
        var interval = BoundedOptions.Number("--checkpoint-interval", "Steps between checkpoints; 0 for one at the end only.", 0, 100_000_000, 500);
        var fork = new Option<DirectoryInfo>("--fork") { Description = "Go on with a checkpoint of another training, as another run: weights, optimizer, queue and step.", HelpName = "DIR" };
        var forkStep = new Option<long?>("--fork-step") { Description = "The step of that checkpoint; the newest without it.", HelpName = "N" };
        var (device, backups) = (TorchDevices.Option(), JobOptions.Backups());
        var (vocabulary, prompt) = (JobOptions.Vocabulary(), JobOptions.Prompt());
        var command = new Command("train", "Train a model on your own pairs, questions, sentences or dialogues.") { data, folder, family, prompt, vocabulary, recipe, seed, steps, precision, interval, fork, forkStep, nodes, backups, device, resume };
        var (initial, cluster, settings) = (InitialWeights.AddOptions(command), ClusterChoice.AddOptions(command), RunSettings.AddOptions(command));
        JobOptions.Check(command, result =>
        {
            if (result.GetValue(forkStep) is not null && result.GetValue(fork) is null) result.AddError("--fork-step is given without --fork; name the training whose step it is.");
            if (result.GetValue(prompt) is { Length: > 0 } && result.GetValue(family) != "captioner") result.AddError($"--prompt is given for a training of family {result.GetValue(family) ?? "pretraining"}; only a captioner's texts begin with one.");
        });
        command.SetAction((result, cancellation) =>
        {
            var request = new TrainRequest
            {
                Data = [.. result.GetRequiredValue(data)],
                Out = result.GetValue(folder)!.FullName,
                Vocabulary = result.GetValue(vocabulary)?.FullName,
                Family = result.GetValue(family)!,
                Prompt = result.GetValue(prompt)!,
                Recipe = result.GetValue(recipe)!,
                Seed = result.GetValue(seed),
                Steps = result.GetValue(steps),
                GradientPrecision = result.GetValue(precision),
                CheckpointInterval = result.GetValue(interval),
                Settings = settings(result),
                ForkedFrom = result.GetValue(fork)?.FullName,
                ForkStep = result.GetValue(forkStep),
                Initial = initial(result),
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
