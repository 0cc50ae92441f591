using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Cli.Report;
using OrleansBlip.Cli.Results;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.Durability;
using OrleansBlip.Data.ShapeWorld;
using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Protocol.Bootstrapping;
using Job = OrleansBlip.Protocol.Bootstrapping.BootstrapRequest;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>demo</c>: makes a noisy world, pre-trains on it, lets CapFilt clean it, pre-trains anew, and compares the models on unseen scenes.</summary>
internal sealed class DemoJob
{
    private readonly DemoRequest _request;
    private readonly DemoPaths _paths;
    private readonly JobCluster _cluster;
    private readonly IProgressView _view;
    private readonly TrainingWatch _training;
    private readonly CapFiltRecipe _recipe;
    private readonly EvaluationSet _test;

    private DemoJob(DemoRequest request, DemoPaths paths, JobCluster cluster, IProgressView view)
    {
        _request = request;
        _paths = paths;
        _cluster = cluster;
        _view = view;
        _training = new TrainingWatch(cluster.Client, view);
        var vocabulary = Vocabularies.LoadOrTrain(paths.Vocabulary, [paths.Clean, paths.Web], Vocabularies.EntriesMaxOfShapeWorld);
        _recipe = Recipes.Grid(vocabulary.Count, vocabulary.Sha256, request.Seed);
        _test = EvaluationSet.Open(paths.World, ShapeWorldSplit.Test);
    }

    public static async Task<int> RunAsync(DemoRequest request, JobConsole console, CancellationToken cancellation)
    {
        var started = TimeProvider.System.GetTimestamp();
        JobFolder.Claim(request.Out, request.Resume);
        var paths = new DemoPaths(request.Out);
        DemoDocument document;
        ReportContent content;
        await using (var view = console.OpenProgress(TimeProvider.System))
        {
            WriteWorld(paths, ShapeWorldSpec.Grid((ulong)request.Seed), view, cancellation);
            await using var cluster = await JobCluster.StartAsync(request.Nodes, request.Out, console.IsVerbose, cancellation);
            var job = new DemoJob(request, paths, cluster, view);
            var results = new List<DemoSeedResult>();
            for (var seed = request.Seed; seed < request.Seed + request.Seeds; seed++) results.Add(await job.RunSeedAsync(seed, cancellation));
            (document, content) = DemoReport.Of(request, paths, results, job._training, job._recipe, TimeProvider.System.GetElapsedTime(started));
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

    private static void WriteWorld(DemoPaths paths, ShapeWorldSpec spec, IProgressView view, CancellationToken cancellation)
    {
        var writer = new ShapeWorldWriter(spec);
        if (writer.IsWrittenTo(paths.World)) return;
        var count = Enum.GetValues<ShapeWorldSplit>().Sum(spec.CountOf);
        writer.Write(paths.World, new SynchronousProgress(done => view.Report(new PhaseProgress { Phase = "draw the world", Step = done, StepCount = count, SamplesPerStep = 1 })), cancellation);
    }

    private async Task<DemoSeedResult> RunSeedAsync(long seed, CancellationToken cancellation)
    {
        var recipe = Of(seed);
        var job = new Job
        {
            Web = _paths.Web,
            Clean = _paths.Clean,
            Vocabulary = _paths.Vocabulary,
            Pretraining = recipe.Pretraining,
            Captioner = recipe.Captioner,
            Filter = recipe.Filter,
            Captions = new CaptionSettings { Seed = seed },
            Arms = [.. _request.Arms.SelectMany(ArmOf)],
            OutputFolder = _paths.Seed(seed),
            CheckpointInterval = 250,
        };
        var status = await new BootstrapWatch(_cluster, _training, _view, TimeProvider.System).RunAsync($"demo-{seed}", job, cancellation);
        var outcomes = new Dictionary<string, EvaluationOutcome>();
        foreach (var arm in _request.Arms)
        {
            var model = arm switch
            {
                "none" => status.Rounds[0].Pretrained!.Folder,
                "both" => status.Rounds[1].Pretrained!.Folder,
                _ => await new DemoArm(arm, seed, _paths, _training).TrainAsync(recipe.Pretraining, cancellation),
            };
            outcomes.Add(arm, await ScoreAsync(seed, arm, model, cancellation));
        }
        return new DemoSeedResult(seed, outcomes, status.Rounds[0]);
    }

    private async Task<EvaluationOutcome> ScoreAsync(long seed, string arm, string model, CancellationToken cancellation)
    {
        var folder = _paths.Scores(seed, arm);
        if (EvaluationOutcome.IsSavedIn(folder)) return EvaluationOutcome.Open(folder);
        var outcome = await new ShapeWorldEvaluation(_test).ScoreAsync(ModelFolder.Open(model), _cluster.Devices, cancellation);
        outcome.Save(folder);
        _view.Note($"{arm}: R@1 {outcome.Report.MeanR1:f1} (text {outcome.Report.Tr1:f1}, image {outcome.Report.Ir1:f1}), CIDEr {outcome.Report.Cider:f0}, attributes {outcome.Report.AttributeAccuracy:f1}");
        return outcome;
    }

    private CapFiltRecipe Of(long seed) => new()
    {
        Pretraining = _recipe.Pretraining with { Seed = seed },
        Captioner = _recipe.Captioner with { Seed = seed + 1_000_000 },
        Filter = _recipe.Filter with { Seed = seed + 2_000_000 },
    };

    private static IEnumerable<BootstrapArm> ArmOf(string arm) => arm switch
    {
        "filter" => [BootstrapArm.Filter],
        "captioner" => [BootstrapArm.Captioner],
        "random" => [BootstrapArm.Random],
        _ => [],
    };

    private sealed class SynchronousProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
