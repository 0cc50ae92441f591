using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>train</c>: one training on the user's pairs, and its model folder.</summary>
internal static class TrainJob
{
    public static async Task<int> RunAsync(TrainRequest request, JobConsole console, CancellationToken cancellation)
    {
        using var folder = JobFolder.Claim(request.Out, request.Resume);
        var (words, vocabulary) = Vocabularies.For(request.Vocabulary ?? request.Initial.Vocabulary, request.Out, request.Data);
        var recipe = Recipes.Of(request.Recipe, request.Family, vocabulary.Count, vocabulary.Sha256, request.Seed);
        recipe = request.Settings.On(recipe with { Steps = request.Steps ?? recipe.Steps, GradientPrecision = request.GradientPrecision });
        if (request.Prompt.Length > 0) recipe = WithPrompt(recipe, request.Prompt, vocabulary);
        var initial = request.Initial.Prepare(recipe, vocabulary, request.Out, console);
        var sources = new RunSources { Data = [.. request.Data.Select(Path.GetFullPath)], Vocabulary = words, InitialModel = initial?.Path };
        var checkpoints = Path.Combine(request.Out, "checkpoints");
        await using var cluster = await JobCluster.OpenAsync(request.Cluster, request.Nodes, request.Device, request.Out, console, cancellation);
        await using var view = console.OpenProgress(TimeProvider.System);
        var run = new RunRequest
        {
            Spec = SourceDigest.On(recipe, sources, source => LeftOut.Tell(source, view.Note)),
            Sources = sources.ToJson(),
            CheckpointFolder = checkpoints,
            CheckpointInterval = request.CheckpointInterval,
            Backups = request.Backups,
        };
        run = request.Settings.On(run);
        if (request.ForkedFrom is { } other) run = Fork(run, other, request.ForkStep, view);
        folder.Keep();
        await new TrainingWatch(cluster.Client, view).TrainAsync(RunId.Parse(cluster.NameOf("train")), run, request.Family == "pretraining" ? "pre-train" : $"train {request.Family}", cancellation);
        await LeftOut.TellUndecodableAsync(cluster, view.Note);
        var model = ModelFolder.FromCheckpoint(checkpoints, words, Path.Combine(request.Out, "model"), damaged => view.Note($"the model is of the checkpoint before a damaged one: {damaged}"));
        console.WriteResult(new { model = model.Path, steps = recipe.Steps, weightsSha256 = model.WeightsSha256 });
        return ExitCode.Ok;
    }

    /// <summary>Texts begin with the prompt, whose tokens are not learned.</summary>
    private static TrainingTemplate WithPrompt(TrainingTemplate recipe, string prompt, Vocabulary vocabulary)
    {
        var (data, model) = (DataSpec.FromJson(recipe.Data), ModelSpec.FromJson(recipe.Model));
        int length = new CaptionTokenizer(vocabulary).PromptLength(prompt);
        if (length >= data.TokensMax) throw new CommandException(ExitCode.Usage, $"--prompt has {length - 1} tokens; texts of the recipe have {data.TokensMax} at most, with [DEC]");
        return recipe with { Data = (data with { Prompt = prompt }).ToJson(), Model = (model with { PromptLength = length }).ToJson() };
    }

    private static RunRequest Fork(RunRequest run, string folder, long? step, IProgressView view)
    {
        var store = CheckpointStore.OfJob(folder);
        using var checkpoint = step is { } number ? store.OpenOf(number) : store.OpenLast();
        foreach (var damaged in checkpoint.Rejected) view.Note($"the fork does without a damaged checkpoint: {damaged}");
        return run with { Spec = run.Spec with { ForkedFromSha256 = checkpoint.ManifestSha256 }, ForkedFromFolder = store.Folder };
    }
}
