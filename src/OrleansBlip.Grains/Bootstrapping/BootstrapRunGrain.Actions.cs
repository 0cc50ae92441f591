using Microsoft.Extensions.Logging;
using OrleansBlip.Protocol.Bootstrapping;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>The coordinator's hands.</summary>
internal sealed partial class BootstrapRunGrain
{
    private async Task ExecuteAsync(BootstrapAction action)
    {
        switch (action)
        {
            case BootstrapAction.Persist persist:
                await PersistAsync(persist.Record);
                break;
            case BootstrapAction.LookAtRecord:
                await _state.LookAsync();
                break;
            case BootstrapAction.Train train:
                _ = AttemptAsync(train.Stage, () => TrainAsync(train.Stage));
                break;
            case BootstrapAction.Hold hold:
                _ = HoldAsync(hold);
                break;
            case BootstrapAction.SaveModel save:
                _ = AttemptAsync(save.Stage, () => SaveModelAsync(save));
                break;
            case BootstrapAction.Open open:
                _ = AttemptAsync(open.Stage, () => OpenAsync(open.Stage));
                break;
            case BootstrapAction.Lease lease:
                _ = LeaseAsync(lease);
                break;
            case BootstrapAction.Close close:
                _ = CloseAsync(close);
                break;
            case BootstrapAction.Publish publish:
                _ = AttemptAsync(publish.Stage, () => PublishAsync(publish.Stage));
                break;
        }
    }

    private async Task PersistAsync(BootstrapRecord record)
    {
        bool isUnderWay = record.State is BootstrapState.Running or BootstrapState.Pausing or BootstrapState.Stopping;
        // Set before the record is, removed after it: whatever dies between leaves one too many, which finds nothing to do.
        if (isUnderWay) await _safetyNet.SetAsync(ServiceProvider, isUnderWay: true);
        await _state.WriteAsync(record, _ => false);
        if (!isUnderWay) await _safetyNet.SetAsync(ServiceProvider, isUnderWay: false);
    }

    private async Task AttemptAsync(BootstrapStage stage, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception)
        {
            LogStageFailed(_logger, exception, stage, _job);
            _mailbox.Post(() => _ledger.StageFailed(stage, exception.Message));
        }
    }

    private ITrainingRun Run(BootstrapStage stage) => GrainFactory.GetGrain<ITrainingRun>(RunOf(stage).Value);

    private async Task TrainAsync(BootstrapStage stage)
    {
        var request = await _files.PrepareRunAsync(_ledger.Record);
        await Run(stage).Start(request);
        _mailbox.Post(() => _ledger.TrainingStarted(stage));
    }

    private async Task LookAtTrainingAsync(BootstrapStage stage)
    {
        try
        {
            var status = await Run(stage).Status();
            _mailbox.Post(() => _ledger.TrainingSeen(stage, status));
        }
        catch (Exception exception)
        {
            // The next tick looks again; a run whose node is gone comes up on another.
            LogRunSilent(_logger, RunOf(stage), exception.Message);
        }
    }

    private async Task HoldAsync(BootstrapAction.Hold hold)
    {
        try
        {
            await (hold.ForGood ? Run(hold.Stage).Stop() : Run(hold.Stage).Pause());
        }
        catch (Exception exception)
        {
            // Refused where the run is already at rest, which the next look at it tells; else it is asked again then.
            LogRunSilent(_logger, RunOf(hold.Stage), exception.Message);
        }
    }

    private async Task SaveModelAsync(BootstrapAction.SaveModel save)
    {
        var model = await _files.SaveModelAsync(_ledger.Record, save.WeightsSha256);
        _mailbox.Post(() => _ledger.ModelSaved(save.Stage, model));
    }

    private async Task OpenAsync(BootstrapStage stage)
    {
        var (web, count, done) = await _files.OpenAsync(_ledger.Record);
        _web = web;
        _mailbox.Post(() => _ledger.Opened(stage, count, done));
    }

    private async Task LeaseAsync(BootstrapAction.Lease lease)
    {
        var (stage, device, pictures) = lease;
        try
        {
            await (stage.Phase == BootstrapPhase.Captioning ? CaptionAsync(lease) : ScoreAsync(lease));
            _mailbox.Post(() => _ledger.LeaseDone(stage, device, pictures));
        }
        catch (Exception exception)
        {
            LogLeaseFailed(_logger, pictures, device, exception.Message);
            _mailbox.Post(() => _ledger.LeaseFailed(stage, device, pictures, exception.Message));
        }
    }

    private async Task CaptionAsync(BootstrapAction.Lease lease)
    {
        var block = await GrainFactory.GetGrain<ICaptioner>(lease.Device.CaptionerKey).Caption(new CaptionLease
        {
            Model = _ledger.Record.Round.Captioner!,
            Data = _web!,
            Pictures = lease.Pictures,
            Round = lease.Stage.Round,
            Settings = _ledger.Record.Request!.Captions,
        });
        // A straggler of a phase that is over must not end up in the next round's log.
        if (_ledger.Record.Stage == lease.Stage) await _files.AppendAsync(block);
    }

    private async Task ScoreAsync(BootstrapAction.Lease lease)
    {
        var block = await GrainFactory.GetGrain<IFilter>(lease.Device.FilterKey).Score(new ScoreLease
        {
            Model = _ledger.Record.Round.Filter!,
            Data = _web!,
            Captions = await _files.ReadAsync(lease.Pictures),
        });
        if (_ledger.Record.Stage == lease.Stage) await _files.AppendAsync(block);
    }

    private async Task CloseAsync(BootstrapAction.Close close)
    {
        try
        {
            await (close.Stage.Phase == BootstrapPhase.Captioning
                ? GrainFactory.GetGrain<ICaptioner>(close.Device.CaptionerKey).Close()
                : GrainFactory.GetGrain<IFilter>(close.Device.FilterKey).Close());
        }
        catch (Exception exception)
        {
            // A node that is gone has nothing left to free.
            LogCloseUnheard(_logger, close.Device, exception.Message);
        }
    }

    private async Task PublishAsync(BootstrapStage stage)
    {
        var (counts, version) = await _files.PublishAsync(_ledger.Record);
        _mailbox.Post(() => _ledger.Published(stage, counts, version.Folder, version.Digest));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Stage} of job {Job} has failed.")]
    private static partial void LogStageFailed(ILogger logger, Exception exception, BootstrapStage stage, string job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage refuses the state of job {Job}; what is to be written waits: {Problem}")]
    private static partial void LogStorageAway(ILogger logger, string problem, string job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Training run {Run} does not answer: {Problem}")]
    private static partial void LogRunSilent(ILogger logger, RunId run, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Pictures} failed on device {Device}: {Problem}")]
    private static partial void LogLeaseFailed(ILogger logger, PictureRange pictures, InferenceDevice device, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Device {Device} was not told to free its model: {Problem}")]
    private static partial void LogCloseUnheard(ILogger logger, InferenceDevice device, string problem);
}
