using System.CommandLine;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Protocol.Runs;
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
        var steps = new Option<int?>("--steps") { Description = "Optimizer steps; those of the recipe without it.", HelpName = "N" };
        BoundedOptions.Bound(steps, 1, 100_000_000);
        var precision = new Option<GradientPrecision>("--gradient-precision") { Description = "What sums of gradients are rounded to, wherever they are made: bfloat16 halves what nodes send each other.", DefaultValueFactory = _ => GradientPrecision.Float32 };
        var device = TorchDevices.Option();
        var vocabulary = JobOptions.Vocabulary();
        var family = new Option<string>("--family") { Description = "What to train: a pre-training, or what is finetuned from one by --init-model.", HelpName = "NAME", DefaultValueFactory = _ => "pretraining" };
        family.AcceptOnlyFromAmong([.. Recipes.Families]);
        var command = new Command("train", "Train a model on your own pairs, questions, sentences or dialogues.") { data, folder, family, vocabulary, recipe, seed, steps, precision, nodes, device, resume };
        var initial = InitialWeights.AddOptions(command);
        command.SetAction((result, cancellation) =>
        {
            var request = new TrainRequest
            {
                Data = [.. result.GetRequiredValue(data)],
                Out = result.GetValue(folder)!.FullName,
                Vocabulary = result.GetValue(vocabulary)?.FullName,
                Family = result.GetValue(family)!,
                Recipe = result.GetValue(recipe)!,
                Seed = result.GetValue(seed),
                Steps = result.GetValue(steps),
                GradientPrecision = result.GetValue(precision),
                Initial = initial(result),
                Nodes = result.GetValue(nodes),
                Device = result.GetValue(device),
                Resume = result.GetValue(resume),
            };
            return run(request, JobConsole.For(result), cancellation);
        });
        return command;
    }
}
