using OrleansBlip.Cli.Commands;
using OrleansBlip.Client.Recipes;
using Job = OrleansBlip.Protocol.Bootstrapping.BootstrapRequest;
using ModelReference = OrleansBlip.Protocol.Bootstrapping.ModelReference;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>bootstrap</c>: CapFilt on the user's pairs.</summary>
internal static class BootstrapJob
{
    public static async Task<int> RunAsync(BootstrapRequest request, JobConsole console, CancellationToken cancellation)
    {
        using var folder = JobFolder.Claim(request.Out, request.Resume);
        foreach (var path in request.Web.Concat(request.Clean)) LeftOut.TellOf(path, console.Note);
        var (words, vocabulary) = Vocabularies.For(request.Vocabulary ?? request.Initial.Vocabulary, request.Out, [.. request.Web, .. request.Clean]);
        var recipe = Recipes.Named(request.Recipe, vocabulary.Count, vocabulary.Sha256, request.Seed);
        var initial = request.Initial.Prepare(recipe.Pretraining, vocabulary, request.Out, console);
        var job = new Job
        {
            // Several sets are one, joined as WebDataset joins them.
            Web = string.Join("::", request.Web.Select(Path.GetFullPath)),
            Clean = string.Join("::", request.Clean.Select(Path.GetFullPath)),
            Vocabulary = words,
            Initial = initial is null ? null : new ModelReference(initial.Path, initial.WeightsSha256),
            Pretraining = recipe.Pretraining with { Steps = request.Steps ?? recipe.Pretraining.Steps },
            Captioner = recipe.Captioner with { Steps = request.FinetuningSteps ?? recipe.Captioner.Steps },
            Filter = recipe.Filter with { Steps = request.FinetuningSteps ?? recipe.Filter.Steps },
            Rounds = request.Rounds,
            Threshold = request.Threshold,
            Captions = new() { Seed = request.Seed },
            OutputFolder = Path.Combine(request.Out, "rounds"),
            CheckpointInterval = 500,
            Backups = request.Backups,
        };
        await using var cluster = await JobCluster.OpenAsync(request.Cluster, request.Nodes, request.Device, request.Out, console, cancellation);
        await using var view = console.OpenProgress(TimeProvider.System);
        folder.Keep();
        var watch = new BootstrapWatch(cluster, new TrainingWatch(cluster.Client, view), view, TimeProvider.System);
        var status = await watch.RunAsync(cluster.NameOf("bootstrap"), job, cancellation);
        await LeftOut.TellUndecodableAsync(cluster, view.Note);
        var last = status.Rounds.Last(round => round.Dataset is not null);
        console.WriteResult(new
        {
            dataset = last.Dataset,
            datasetDigest = last.DatasetDigest,
            model = status.Rounds[^1].Pretrained?.Folder,
            kept = new { web = last.Counts?.WebKept, synthetic = last.Counts?.SyntheticKept },
            rejected = new { web = last.Counts?.WebRejected, synthetic = last.Counts?.SyntheticRejected },
            quarantined = last.Counts?.Quarantined,
        });
        return ExitCode.Ok;
    }
}
