using OrleansBlip.Cli.Progress;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.Versions;
using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Cli.Jobs.Arms;

/// <summary>Trains and scores arms with one seed. What the folder holds already is taken as it is: a measurement goes on where it was left.</summary>
internal sealed class SeedMeasurement(long seed, ArmsPlan plan, CapFiltRecipe recipe, EvaluationSet set, JobCluster cluster, TrainingWatch training, IProgressView view)
{
    private const long CheckpointInterval = 250;

    private readonly DemoPaths _paths = plan.Paths;

    /// <summary>The CapFilt job of a seed.</summary>
    internal static string JobOf(long seed) => $"demo-{seed}";

    /// <summary>The training of a part of an arm, which is none of the job's own.</summary>
    internal static RunId RunOf(long seed, string arm, string part) => RunId.Parse($"{JobOf(seed)}-arm-{arm}-{part}");

    public async Task<SeedOutcome> RunAsync(CancellationToken cancellation)
    {
        var rounds = await BootstrapAsync(cancellation);
        var arms = new Dictionary<string, ArmOutcome>(StringComparer.Ordinal);
        foreach (var arm in plan.Arms) arms.Add(arm, await MeasureAsync(arm, rounds, cancellation));
        var texts = await DatasetVersion.Open(rounds[0].Dataset!).ReadCaptionsAsync();
        return new SeedOutcome(seed, arms, FilterEvaluation.Of(_paths.World, Judged("web"), Judged("synthetic")), texts);

        IEnumerable<JudgedText> Judged(string source) => texts.Where(text => text.CaptionSource == source)
            .Select(text => new JudgedText(text.SourceKey, text.Caption, text.ItmProb, text.RejectReason is null));
    }

    private async Task<IReadOnlyList<BootstrapRound>> BootstrapAsync(CancellationToken cancellation)
    {
        var request = new BootstrapRequest
        {
            Web = _paths.Web,
            Clean = _paths.Clean,
            Vocabulary = _paths.Vocabulary,
            Pretraining = recipe.Pretraining,
            Captioner = recipe.Captioner,
            Filter = recipe.Filter,
            Rounds = plan.Rounds,
            Threshold = plan.Threshold,
            Captions = new CaptionSettings { Seed = seed },
            Arms = [.. plan.Arms.Select(Published).OfType<BootstrapArm>()],
            OutputFolder = _paths.Seed(seed),
            CheckpointInterval = CheckpointInterval,
            Backups = plan.Backups,
        };
        return (await new BootstrapWatch(cluster, training, view, TimeProvider.System).RunAsync(cluster.NameOf(JobOf(seed)), request, cancellation)).Rounds;
    }

    private async Task<ArmOutcome> MeasureAsync(string arm, IReadOnlyList<BootstrapRound> rounds, CancellationToken cancellation)
    {
        // The job has trained its own models of these arms, and finetuned all but the last.
        var round = arm switch { Arm.None => rounds[0], Arm.Both => rounds[1], Arm.RoundTwo => rounds[2], _ => null };
        var model = round?.Pretrained?.Folder ?? await PretrainAsync(arm, cancellation);
        var pretrained = await ScoreAsync(arm, "pretrained", model, cancellation);
        view.Note($"seed {seed}, {arm}: {Describe(pretrained.Report)}");
        var specification = SpecificationOf(model);
        if (!plan.IsFinetuned) return new ArmOutcome(specification, pretrained, Finetuned: null);

        var filter = round?.Filter?.Folder ?? await FinetuneAsync(arm, "filter", recipe.Filter, model, cancellation);
        var captioner = round?.Captioner?.Folder ?? await FinetuneAsync(arm, "captioner", recipe.Captioner, model, cancellation);
        var finetuned = ArmOutcome.Join(await ScoreAsync(arm, "filter", filter, cancellation), await ScoreAsync(arm, "captioner", captioner, cancellation));
        view.Note($"seed {seed}, {arm} finetuned: {Describe(finetuned.Report)}");
        return new ArmOutcome(specification, pretrained, finetuned);
    }

    private Task<string> PretrainAsync(string arm, CancellationToken cancellation)
    {
        string[] pairs = arm switch
        {
            Arm.Clean => [],
            Arm.Oracle => [ControlPairs.Oracle(_paths)],
            _ => [Path.Combine(_paths.Seed(seed), "round1", "arms", arm)],
        };
        var sources = new RunSources { Data = [.. pairs, _paths.Clean], Vocabulary = _paths.Vocabulary };
        return TrainAsync(arm, "pretraining", recipe.Pretraining, sources, cancellation);
    }

    private Task<string> FinetuneAsync(string arm, string part, TrainingTemplate template, string initial, CancellationToken cancellation) =>
        TrainAsync(arm, part, template, new RunSources { Data = [_paths.Clean], Vocabulary = _paths.Vocabulary, InitialModel = initial }, cancellation);

    private async Task<string> TrainAsync(string arm, string part, TrainingTemplate template, RunSources sources, CancellationToken cancellation)
    {
        var folder = Path.Combine(_paths.Arm(seed, arm), part);
        var model = Path.Combine(folder, "model");
        if (Directory.Exists(model)) return model;
        var checkpoints = CheckpointsOf(model);
        var request = new RunRequest
        {
            Spec = SourceDigest.On(template, sources),
            Sources = sources.ToJson(),
            CheckpointFolder = checkpoints,
            CheckpointInterval = CheckpointInterval,
            Backups = plan.Backups,
        };
        await training.TrainAsync(RunId.Parse(cluster.NameOf(RunOf(seed, arm, part).Value)), request, part == "pretraining" ? $"pre-train {arm}" : $"finetune {part} of {arm}", cancellation);
        return ModelFolder.FromCheckpoint(checkpoints, _paths.Vocabulary, model).Path;
    }

    private async Task<EvaluationOutcome> ScoreAsync(string arm, string part, string model, CancellationToken cancellation)
    {
        var folder = Path.Combine(_paths.Scores(seed, arm), part);
        if (EvaluationOutcome.IsSavedIn(folder)) return EvaluationOutcome.Open(folder);
        var outcome = await new ShapeWorldEvaluation(set).ScoreAsync(ModelFolder.Open(model), cluster.Devices, cancellation);
        outcome.Save(folder);
        return outcome;
    }

    private static RunSpec SpecificationOf(string model)
    {
        using var checkpoint = new CheckpointStore(CheckpointsOf(model)).OpenNewest() ?? throw new InvalidDataException($"'{CheckpointsOf(model)}' holds no intact checkpoint.");
        return RunSpec.FromJson(checkpoint.Manifest.RunSpec);
    }

    // As a CapFilt job lays them: the model stands beside the checkpoints that it was made of.
    private static string CheckpointsOf(string model) => Path.Combine(Path.GetDirectoryName(model)!, "checkpoints");

    private static string Describe(EvaluationReport report) =>
        $"R@1 {report.MeanR1:f1} (text {report.Tr1:f1}, image {report.Ir1:f1}), CIDEr {report.Cider:f0}, attributes {report.AttributeAccuracy:f1}";

    private static BootstrapArm? Published(string arm) => arm switch
    {
        Arm.Filter => BootstrapArm.Filter,
        Arm.Captioner => BootstrapArm.Captioner,
        Arm.Random => BootstrapArm.Random,
        _ => null,
    };
}
