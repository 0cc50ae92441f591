using System.Text.Json;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Versions;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>All that a job's coordinator does with files, on a thread of its own: runs' data sets, models, logs, versions.</summary>
internal sealed class BootstrapFiles(string job, TimeProvider time) : IAsyncDisposable
{
    private const string FirstTokenOfFilter = "[ENC]";

    private readonly DeviceWorker _worker = new($"files of {job}");
    private PairSource? _web;
    private RangeLog<CaptionBlock>? _captions;
    private RangeLog<ScoreBlock>? _scores;
    private int _round;

    /// <summary>The training run of the stage at work.</summary>
    public Task<RunRequest> PrepareRunAsync(BootstrapRecord record) => _worker.RunAsync(() => PrepareRun(record));

    /// <summary>Makes a model folder of what the stage at work has trained.</summary>
    public Task<ModelReference> SaveModelAsync(BootstrapRecord record, string weightsSha256) => _worker.RunAsync(() =>
    {
        var layout = LayoutOf(record);
        var folder = ModelFolder.FromCheckpoint(layout.CheckpointsOf(record.Stage), record.Request!.Vocabulary, layout.ModelOf(record.Stage));
        return folder.WeightsSha256 == weightsSha256
            ? new ModelReference(folder.Path, folder.WeightsSha256)
            : throw new InvalidDataException($"'{layout.CheckpointsOf(record.Stage)}' holds weights {folder.WeightsSha256}, the run ended with {weightsSha256}.");
    });

    /// <summary>Opens the round's data and logs.</summary>
    /// <returns>The web set, its pictures, and the ranges that the phase at work has done.</returns>
    public Task<(DataReference Data, int PictureCount, IReadOnlySet<PictureRange> Done)> OpenAsync(BootstrapRecord record) => _worker.RunAsync(() =>
    {
        Open(record);
        var done = record.Stage.Phase == BootstrapPhase.Captioning ? _captions!.Ranges : _scores!.Ranges;
        return (new DataReference(record.Request!.Web, _web!.Digest), _web.PictureCount, done);
    });

    /// <summary>Reads what was written for a range.</summary>
    public Task<CaptionBlock> ReadAsync(PictureRange range) => _worker.RunAsync(() => _captions!.Read(range));

    /// <summary>Makes captions durable.</summary>
    public Task AppendAsync(CaptionBlock block) => _worker.RunAsync(() => _captions!.Append(block.Pictures, block));

    /// <summary>Makes scores durable.</summary>
    public Task AppendAsync(ScoreBlock block) => _worker.RunAsync(() => _scores!.Append(block.Pictures, block));

    /// <summary>Publishes the round's version and its further arms.</summary>
    public Task<(BootstrapCounts Counts, DatasetVersion Version)> PublishAsync(BootstrapRecord record) =>
        // The thread is here to be blocked; what it awaits is its own reading and writing.
        _worker.RunAsync(() => PublishOnThreadAsync(record).GetAwaiter().GetResult());

    /// <summary>Closes what is open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _worker.RunAsync(Close);
        await _worker.DisposeAsync();
    }

    private static BootstrapLayout LayoutOf(BootstrapRecord record) => new(record.Request!.OutputFolder);

    private RunRequest PrepareRun(BootstrapRecord record)
    {
        var (request, stage, layout) = (record.Request!, record.Stage, LayoutOf(record));
        var isPretraining = stage.Phase == BootstrapPhase.Pretraining;
        var noisy = stage.Round == 1 ? request.Web : record.Rounds[stage.Round - 2].Dataset!;
        var initial = isPretraining ? request.Initial : record.Round.Pretrained;
        var sources = new RunSources { Data = isPretraining ? [noisy, request.Clean] : [request.Clean], Vocabulary = request.Vocabulary, InitialModel = initial?.Folder };
        using var data = sources.Open();
        var template = stage.Phase switch
        {
            BootstrapPhase.Pretraining => request.Pretraining,
            BootstrapPhase.FinetuningCaptioner => request.Captioner,
            _ => request.Filter,
        };
        return new RunRequest
        {
            Spec = template.On(data.Digest, data.PairCount, initial?.WeightsSha256),
            Sources = sources.ToJson(),
            CheckpointFolder = layout.CheckpointsOf(stage),
            CheckpointInterval = request.CheckpointInterval,
            ShardCount = request.ShardCount,
            Backups = request.Backups,
        };
    }

    private void Open(BootstrapRecord record)
    {
        var (request, round, layout) = (record.Request!, record.Round, LayoutOf(record));
        if (_round != round.Round) Close();
        _round = round.Round;
        _web ??= PairSources.Open(request.Web, new PairSourceOptions { VerifyHashes = false });
        _captions ??= RangeLog<CaptionBlock>.Open(
            layout.LogOf(round.Round, BootstrapPhase.Captioning),
            JsonSerializer.Serialize(new { data = _web.Digest, captioner = round.Captioner!.WeightsSha256, round = round.Round, settings = request.Captions }));
        if (record.Stage.Phase == BootstrapPhase.Captioning) return;
        _scores ??= RangeLog<ScoreBlock>.Open(
            layout.LogOf(round.Round, BootstrapPhase.Filtering),
            JsonSerializer.Serialize(new { data = _web.Digest, captioner = round.Captioner!.WeightsSha256, round = round.Round, settings = request.Captions, filter = round.Filter!.WeightsSha256 }));
    }

    private void Close()
    {
        _web?.Dispose();
        _captions?.Dispose();
        _scores?.Dispose();
        (_web, _captions, _scores) = (null, null, null);
    }

    private async Task<(BootstrapCounts Counts, DatasetVersion Version)> PublishOnThreadAsync(BootstrapRecord record)
    {
        Open(record);
        var (request, layout, round) = (record.Request!, LayoutOf(record), record.Stage.Round);
        var publisher = new RoundPublisher(_web!, _captions!, _scores!, request, Lineage(record));
        var counts = publisher.Count();
        publisher.ListQuarantine(layout.QuarantineOf(round));
        foreach (var arm in request.Arms.Where(arm => arm != BootstrapArm.Both)) await publisher.PublishAsync(arm, counts, layout.DatasetOf(round, arm));
        var version = await publisher.PublishAsync(BootstrapArm.Both, counts, layout.DatasetOf(round, BootstrapArm.Both));
        Close();
        return (counts, version);
    }

    private VersionLineage Lineage(BootstrapRecord record)
    {
        var (request, round) = (record.Request!, record.Round);
        return new VersionLineage
        {
            SourceDataset = Path.GetFileName(Path.TrimEndingDirectorySeparator(request.Web)),
            Round = round.Round,
            RunId = job,
            CreatedAt = time.GetUtcNow(),
            CaptionerId = BootstrapLayout.ModelNameOf(new BootstrapStage(round.Round, BootstrapPhase.FinetuningCaptioner)),
            CaptionerSha256 = round.Captioner!.WeightsSha256,
            Decoding = new DecodingSettings
            {
                Prompt = ModelFolder.Open(round.Captioner.Folder).DataSpec.Prompt,
                Method = "nucleus",
                TopP = request.Captions.TopP,
                RepetitionPenalty = request.Captions.RepetitionPenalty,
                LengthMin = request.Captions.LengthMin,
                LengthMax = request.Captions.LengthMax,
            },
            FilterId = BootstrapLayout.ModelNameOf(new BootstrapStage(round.Round, BootstrapPhase.FinetuningFilter)),
            FilterSha256 = round.Filter!.WeightsSha256,
            ItmFirstToken = FirstTokenOfFilter,
            Threshold = request.Threshold,
        };
    }
}
