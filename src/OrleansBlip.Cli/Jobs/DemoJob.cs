using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs.Arms;
using OrleansBlip.Cli.Report;
using OrleansBlip.Cli.Results;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Grains.Evaluation;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>demo</c>: makes a noisy world, pre-trains on it, lets CapFilt clean it, pre-trains anew, and compares the models on unseen scenes.</summary>
internal static class DemoJob
{
    public static async Task<int> RunAsync(DemoRequest request, JobConsole console, CancellationToken cancellation)
    {
        JobFolder.Claim(request.Out, request.Resume).Keep();
        var paths = new DemoPaths(request.Out);
        using var log = new TrainingLog(paths.Log, TimeProvider.System);
        DemoDocument document;
        ReportContent content;
        await using (var view = console.OpenProgress(TimeProvider.System))
        {
            ShapeWorldJob.Write(paths.World, ShapeWorldSpec.Grid((ulong)request.Seed), view, cancellation);
            var vocabulary = Vocabularies.LoadOrTrain(paths.Vocabulary, [paths.Clean, paths.Web], Vocabularies.EntriesMaxOfShapeWorld);
            var set = EvaluationSet.Open(paths.World, ShapeWorldSplit.Test);
            await using var cluster = await JobCluster.OpenAsync(request.Cluster, request.Nodes, request.Device, request.Out, console, cancellation);
            var training = new TrainingWatch(cluster.Client, view, log);
            var plan = new ArmsPlan { Paths = paths, Arms = request.Arms, IsFinetuned = request.IsFinetuned, Backups = request.Backups };
            var seeds = new List<SeedOutcome>();
            for (var seed = request.Seed; seed < request.Seed + request.Seeds; seed++)
                seeds.Add(await new SeedMeasurement(seed, plan, RecipeOf(seed), set, cluster, training, view).RunAsync(cancellation));
            (document, content) = DemoReport.Of(request, paths, set.Bounds, seeds, log, RecipeOf(request.Seed).Pretraining);

            CapFiltRecipe RecipeOf(long seed) => Recipes.Grid(vocabulary.Count, vocabulary.Sha256, seed);
        }
        DurableFile.WriteAllBytes(paths.Report, System.Text.Encoding.UTF8.GetBytes(ReportPage.Render(content)));
        if (console.IsJson) console.OutputText.WriteLine(JsonSerializer.Serialize(document, ResultJson.Default.DemoDocument));
        else
        {
            ArmTable.Print(console.Output, content);
            console.OutputText.WriteLine($"{content.Summary} The report is {paths.Report}");
        }
        return ExitCode.Ok;
    }
}
