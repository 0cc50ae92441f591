using OrleansBlip.Cli.Jobs;
using OrleansBlip.Cli.Progress;
using OrleansBlip.Client.Recipes;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Versions;
using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Benchmarks.Arms;

/// <summary>Trains and scores all arms with one seed. Whatever lies in the folder already is taken as it is.</summary>
internal sealed class SeedMeasurement(long seed, ArmsOptions options, CapFiltRecipe recipe, EvaluationSet set, JobCluster cluster, IProgressView view)
{
    private const long CheckpointInterval = 500;

    private readonly DemoPaths _paths = new(options.Out);
    private readonly TrainingWatch _training = new(cluster.Client, view);

    public async Task<SeedResult> RunAsync(CancellationToken cancellation)
    {
        var rounds = await BootstrapAsync(cancellation);
        var (results, pretrained, finetuned) = (new Dictionary<string, ArmResult>(), new Dictionary<string, EvaluationItems>(), new Dictionary<string, EvaluationItems>());
        foreach (var arm in Arm.All.Where(arm => arm.Name != Arm.RoundTwo || options.Rounds > 1))
        {
            var path = Path.Combine(_paths.Seed(seed), "results", arm.Name + ".json");
            var result = ArmResult.Read(path);
            if (result is null)
            {
                result = await MeasureAsync(arm.Name, rounds, cancellation);
                result.Write(path);
                view.Note($"seed {seed}, {arm.Name}: mean R@1 {result.Pretrained.MeanR1:f1}, finetuned {result.FinetunedFilter.MeanR1:f1}, CIDEr {result.Pretrained.Cider:f0}, finetuned {result.FinetunedCaptioner.Cider:f0}");
            }
            results.Add(arm.Name, result);
            pretrained.Add(arm.Name, Scored(arm.Name, "pretrained").Items);
            finetuned.Add(arm.Name, Scored(arm.Name, "filter").Items with { Captions = Scored(arm.Name, "captioner").Items.Captions });
        }
        return new SeedResult(seed, results, pretrained, finetuned, await JudgeFilterAsync(rounds[0].Dataset!));
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
            Rounds = options.Rounds,
            Threshold = options.Threshold,
            Captions = new CaptionSettings { Seed = seed },
            Arms = [BootstrapArm.Filter, BootstrapArm.Captioner, BootstrapArm.Random],
            OutputFolder = _paths.Seed(seed),
            CheckpointInterval = CheckpointInterval,
        };
        return (await new BootstrapWatch(cluster, _training, view, TimeProvider.System).RunAsync($"arms-{seed}", request, cancellation)).Rounds;
    }

    private async Task<ArmResult> MeasureAsync(string arm, IReadOnlyList<BootstrapRound> rounds, CancellationToken cancellation)
    {
        // The loop has trained its own models of these arms, and finetuned all but the last.
        var round = arm switch { Arm.None => rounds[0], Arm.Both => rounds[1], Arm.RoundTwo => rounds[2], _ => null };
        var model = round?.Pretrained?.Folder ?? await new DemoArm(arm, seed, _paths, _training).TrainAsync(recipe.Pretraining, cancellation);
        var filter = round?.Filter?.Folder ?? await FinetuneAsync(arm, "filter", recipe.Filter, model, cancellation);
        var captioner = round?.Captioner?.Folder ?? await FinetuneAsync(arm, "captioner", recipe.Captioner, model, cancellation);
        return new ArmResult
        {
            Arm = arm,
            Seed = seed,
            RunSpec = SourceDigest.On(recipe.Pretraining, new RunSources { Data = [.. PairsOf(arm, rounds), _paths.Clean], Vocabulary = _paths.Vocabulary }).ToCanonicalJson(),
            Pretrained = await ScoreAsync(arm, "pretrained", model, cancellation),
            FinetunedFilter = await ScoreAsync(arm, "filter", filter, cancellation),
            FinetunedCaptioner = await ScoreAsync(arm, "captioner", captioner, cancellation),
        };
    }

    private IEnumerable<string> PairsOf(string arm, IReadOnlyList<BootstrapRound> rounds) => arm switch
    {
        Arm.None => [_paths.Web],
        Arm.Both => [rounds[0].Dataset!],
        Arm.RoundTwo => [rounds[1].Dataset!],
        "clean" => [],
        "oracle" => [_paths.Oracle],
        _ => [Path.Combine(_paths.Seed(seed), "round1", "arms", arm)],
    };

    private async Task<string> FinetuneAsync(string arm, string part, TrainingTemplate template, string initial, CancellationToken cancellation)
    {
        var folder = Path.Combine(_paths.Arm(seed, arm), part);
        var model = Path.Combine(folder, "model");
        if (Directory.Exists(model)) return model;
        using var clean = PairSources.Open(_paths.Clean, new PairSourceOptions { VerifyHashes = false });
        var checkpoints = Path.Combine(folder, "checkpoints");
        var request = new RunRequest
        {
            Spec = template.On(clean.Digest, clean.PairCount, ModelFolder.Open(initial).WeightsSha256),
            Sources = new RunSources { Data = [_paths.Clean], Vocabulary = _paths.Vocabulary, InitialModel = initial }.ToJson(),
            CheckpointFolder = checkpoints,
            CheckpointInterval = CheckpointInterval,
        };
        await _training.TrainAsync(RunId.Parse($"arms-{seed}-finetuned-{arm}-{part}"), request, $"finetune {part} of {arm}", cancellation);
        return ModelFolder.FromCheckpoint(checkpoints, _paths.Vocabulary, model).Path;
    }

    private async Task<EvaluationReport> ScoreAsync(string arm, string part, string model, CancellationToken cancellation)
    {
        var outcome = await new ShapeWorldEvaluation(set).ScoreAsync(ModelFolder.Open(model), cluster.Devices, cancellation);
        outcome.Save(ScoresOf(arm, part));
        return outcome.Report;
    }

    private EvaluationOutcome Scored(string arm, string part) => EvaluationOutcome.Open(ScoresOf(arm, part));

    private string ScoresOf(string arm, string part) => Path.Combine(_paths.Scores(seed, arm), part);

    private async Task<FilterEvaluation> JudgeFilterAsync(string dataset)
    {
        var captions = await DatasetVersion.Open(dataset).ReadCaptionsAsync();
        return FilterEvaluation.Of(_paths.World, Judged("web"), Judged("synthetic"));

        IEnumerable<JudgedText> Judged(string source) => captions.Where(caption => caption.CaptionSource == source)
            .Select(caption => new JudgedText(caption.SourceKey, caption.Caption, caption.ItmProb, caption.RejectReason is null));
    }
}
