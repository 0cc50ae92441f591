using System.CommandLine;
using System.Text;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Cli.Jobs.Arms;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Silo;

namespace OrleansBlip.Benchmarks.Arms;

/// <summary>
/// What each part of CapFilt is worth: the arms of BLIP's Table 1 and the controls that a sceptic asks for, as pre-trained and after the same finetuning,
/// over several seeds.
/// </summary>
internal static class ArmsBenchmark
{
    public static Command Command()
    {
        var grid = ShapeWorldSpec.Grid();
        var seeds = Option("--seeds", "Seeds, separated by commas.", "101,102,103");
        var folder = Option("--out", "Where models, scores and the table go.", "arms");
        var resume = new Option<bool>("--resume") { Description = "Go on with what the folder holds, arm by arm." };
        var split = Option("--split", "val to choose sizes, test for the table.", ShapeWorldSplit.Test);
        var gallery = Option("--gallery", "Pictures of a gallery.", EvaluationSet.GallerySizeDefault);
        var rounds = Option("--rounds", "Rounds of CapFilt, 1 or 2.", 2);
        var threshold = Option("--threshold", "The least ITM probability that is kept.", 0.5);
        var pretraining = new Option<long?>("--pretraining-steps") { Description = "Instead of the recipe's." };
        var finetuning = new Option<long?>("--finetuning-steps") { Description = "Instead of the recipe's." };
        var clean = Option("--clean", "Clean pictures.", grid.CleanCount);
        var web = Option("--web", "Web pictures.", grid.WebCount);
        var test = Option("--test", "Test pictures.", grid.TestCount);
        var command = new Command("arms", "What filter, captioner and both are worth, with controls.")
        {
            seeds, folder, resume, split, gallery, rounds, threshold, pretraining, finetuning, clean, web, test,
        };
        command.SetAction((result, cancellation) => RunAsync(
            new ArmsOptions
            {
                Out = Path.GetFullPath(result.GetRequiredValue(folder)),
                Seeds = [.. result.GetRequiredValue(seeds).Split(',').Select(long.Parse)],
                Resume = result.GetValue(resume),
                Split = result.GetValue(split),
                GallerySize = result.GetValue(gallery),
                Rounds = result.GetValue(rounds),
                Threshold = result.GetValue(threshold),
                PretrainingSteps = result.GetValue(pretraining),
                FinetuningSteps = result.GetValue(finetuning),
                World = grid with { CleanCount = result.GetValue(clean), WebCount = result.GetValue(web), TestCount = result.GetValue(test) },
            },
            cancellation));
        return command;
    }

    private static Option<T> Option<T>(string name, string description, T value) => new(name) { Description = description, DefaultValueFactory = _ => value };

    private static async Task<int> RunAsync(ArmsOptions options, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        JobFolder.Claim(options.Out, options.Resume).Keep();
        var paths = new DemoPaths(options.Out);
        var vocabulary = BenchmarkWorld.Draw(paths, options.World, cancellation);
        var set = EvaluationSet.Open(paths.World, options.Split, options.GallerySize);
        await using var cluster = await JobCluster.StartAsync(nodes: 1, options.Out, verbose: false, cancellation);
        await using var view = new LineProgressView(Console.Out, TimeProvider.System);
        var training = new TrainingWatch(cluster.Client, view);
        var plan = new ArmsPlan
        {
            Paths = paths,
            Arms = [.. Arm.All.Select(arm => arm.Name).Where(arm => arm != Arm.RoundTwo || options.Rounds > 1)],
            IsFinetuned = true,
            Threshold = options.Threshold,
        };
        var results = new List<SeedOutcome>();
        foreach (var seed in options.Seeds)
        {
            var recipe = WithSteps(Recipes.Grid(vocabulary.Count, vocabulary.Sha256, seed), options);
            results.Add(await new SeedMeasurement(seed, plan, recipe, set, cluster, training, view).RunAsync(cancellation));
            // After each seed, so that what is there can be read before the last one ends.
            DurableFile.WriteAllBytes(Path.Combine(options.Out, "arms.md"), Encoding.UTF8.GetBytes(ArmsTable.Render(results, set)));
        }
        Console.WriteLine(ArmsTable.Render(results, set));
        return 0;
    }

    private static CapFiltRecipe WithSteps(CapFiltRecipe recipe, ArmsOptions options)
    {
        return new CapFiltRecipe
        {
            Pretraining = Of(recipe.Pretraining, options.PretrainingSteps),
            Captioner = Of(recipe.Captioner, options.FinetuningSteps),
            Filter = Of(recipe.Filter, options.FinetuningSteps),
        };

        static TrainingTemplate Of(TrainingTemplate template, long? steps) => template with { Steps = steps ?? template.Steps };
    }
}
