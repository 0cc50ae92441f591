using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>The coordinator's hands.</summary>
internal sealed partial class TrainingRunGrain
{
    private Task _commits = Task.CompletedTask;
    private IReadOnlyList<string> _damaged = [];

    /// <summary>What somebody should look at although the run goes on; null when nothing.</summary>
    private string? Alarm
    {
        get
        {
            string? damage = _damaged.Count == 0 ? null : $"Checkpoints in '{_ledger.Record.Request?.CheckpointFolder}' are damaged, and the run does without them: {string.Join(" ", _damaged)}";
            string[] texts = [.. new[] { _collapse.Text, damage }.OfType<string>()];
            return texts.Length == 0 ? null : string.Join(" ", texts);
        }
    }

    private Task ExecuteAsync(RunAction action)
    {
        switch (action)
        {
            case RunAction.Persist persist:
                return PersistAsync(persist.Record);
            case RunAction.LookAtRecord:
                return _state.LookAsync();
            case RunAction.StepDown:
                throw new InvalidOperationException("A shard or trainer obeys a coordinator with a higher view.");
            case RunAction.OfStep { Action: StepAction.IssueLease issue }:
                _ = IssueAsync(issue.Trainer, issue.Lease);
                break;
            case RunAction.OfStep { Action: StepAction.Announce announce }:
                _ = AnnounceAsync(announce.Replica, announce.Verdict);
                break;
            case RunAction.OfStep { Action: StepAction.Record record }:
                Note(record);
                break;
            case RunAction.OfStep { Action: StepAction.Released released }:
                LogReleased(_logger, released.Slots, released.From);
                _instruments.CountReleased(released.Slots.Count);
                break;
            case RunAction.OfStep { Action: StepAction.Quarantine quarantine }:
                LogQuarantined(_logger, quarantine.Slot, quarantine.Step, quarantine.Reason);
                break;
            case RunAction.OpenShard open:
                _ = OpenShardAsync(open);
                break;
            case RunAction.OpenTrainer open:
                _ = OpenTrainerAsync(open);
                break;
            case RunAction.Close close:
                foreach (var call in Calls(close)) _ = CloseAsync(call);
                break;
            case RunAction.FindCheckpoint find:
                _ = FindCheckpointAsync(find);
                break;
            case RunAction.Commit commit:
                _commits = CommitAsync(after: _commits, commit);
                break;
            case RunAction.Discard discard:
                _commits = DiscardAsync(after: _commits, discard);
                break;
            case RunAction.HashWeights hash:
                _ = HashAsync(hash.Checkpoint);
                break;
        }
        return Task.CompletedTask;
    }

    private async Task PersistAsync(RunRecord record)
    {
        bool isAtRest = !record.IsUnderWay;
        // Set before the record is, removed after it: whatever dies between leaves one too many, which finds nothing to do.
        if (!isAtRest) await _safetyNet.SetAsync(ServiceProvider, isUnderWay: true);
        Failpoints.Pass(Failpoint.PersistBefore);
        // Another activation may have come to the same view and step, with other owners.
        await _state.WriteAsync(record with { Author = _life }, stored => stored.Author == _life);
        Failpoints.Pass(Failpoint.PersistAfter);
        if (isAtRest) await _safetyNet.SetAsync(ServiceProvider, isUnderWay: false);
    }

    private IParameterShard Shard(ShardIndex shard, NodeName node) => GrainFactory.GetGrain<IParameterShard>(shard.GrainKey(node, _run));

    private async Task IssueAsync(TrainerId trainer, Lease lease)
    {
        try
        {
            Failpoints.Pass(Failpoint.LeaseBefore);
            if (await GrainFactory.GetGrain<ITrainer>(trainer.GrainKey(_run)).Lease(lease) == LeaseAnswer.Queued) return;
        }
        catch (Exception exception)
        {
            LogUnreachable(_logger, trainer, exception.Message);
        }
        await Post(() => _ledger.TrainerUnreachable(Now, trainer));
    }

    private async Task AnnounceAsync(ShardReplica replica, Verdict verdict)
    {
        var placement = _ledger.Record.Placement;
        if ((replica.IsBackup ? placement.Backups : placement.Owners).Length <= replica.Shard.Value) return;
        try
        {
            Failpoints.Pass(Failpoint.AnnounceBefore);
            var answer = await Shard(replica.Shard, placement[replica]).Decide(verdict);
            Failpoints.Pass(Failpoint.AnnounceAfter);
            await Post(() => _ledger.VerdictAnswered(Now, replica, verdict, answer));
        }
        catch (Exception exception)
        {
            // The ledger sends it again; a shard whose node is gone shows in the membership.
            LogVerdictUnheard(_logger, replica, exception.Message);
        }
    }

    private Task OpenShardAsync(RunAction.OpenShard open) => _delivery.UntilHeardAsync(
        $"Assignment of shard {open.Assignment.Shard}",
        () => Shard(open.Assignment.Shard, open.Node).Open(open.Assignment),
        () => _ledger.Record.View == open.Assignment.View && _ledger.Record.IsOpening);

    private async Task OpenTrainerAsync(RunAction.OpenTrainer open)
    {
        try
        {
            await GrainFactory.GetGrain<ITrainer>(open.Trainer.GrainKey(_run)).Open(open.Assignment);
        }
        catch (Exception exception)
        {
            LogUnreachable(_logger, open.Trainer, exception.Message);
            await Post(() => _ledger.TrainerUnreachable(Now, open.Trainer));
        }
    }

    private IEnumerable<Func<Task>> Calls(RunAction.Close close)
    {
        foreach (var trainer in close.Trainers) yield return () => GrainFactory.GetGrain<ITrainer>(trainer.GrainKey(_run)).Close(close.View);
        foreach (var (shard, node) in close.Shards) yield return () => Shard(shard, node).Close(close.View);
    }

    private async Task CloseAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception exception)
        {
            // A node that is gone has nothing left to free.
            LogCloseUnheard(_logger, exception.Message);
        }
    }

    private void Note(StepAction.Record record)
    {
        var spec = _ledger.Record.Request!.Spec;
        long now = _time.GetTimestamp();
        var suspects = record.Reports.SelectMany(report => report.SampleIds);
        var losses = SlotOutput.MeanLosses(record.Reports);
        if (record.Verdict.Kind == VerdictKind.Apply) _collapse.Note(losses);
        _history.Add(new StepRecord
        {
            Step = record.Verdict.Step,
            Verdict = record.Verdict.Kind,
            Losses = losses,
            GradientNorm = Math.Sqrt(record.Verdict.SquaredNorm),
            Duration = _lastStepAt == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_lastStepAt, now),
            SuspectSamples = [.. suspects],
        });
        _lastStepAt = now;
        _instruments.CountSamples((long)spec.SlotCount * spec.SlotSize);
        if (record.Verdict is { Kind: VerdictKind.Skip, IsAmended: false }) LogSkipped(_logger, record.Verdict.Step, string.Join(", ", record.Reports.Where(report => !report.Finite).Select(report => report.Slot)), string.Join(", ", suspects));
    }

    private async Task FindCheckpointAsync(RunAction.FindCheckpoint find)
    {
        (FoundCheckpoint? Checkpoint, string? Problem) found;
        try
        {
            await using var reader = new DeviceWorker("checkpoint reader");
            (var checkpoint, string? problem, var damaged) = await reader.RunAsync(() => FindCheckpoint(find.Request));
            found = (checkpoint, problem);
            NoteDamage(damaged);
        }
        catch (Exception exception)
        {
            LogCheckpointProblem(_logger, exception, _run);
            found = (null, exception.Message);
        }
        _lastStepAt = 0;
        await Post(() => _ledger.CheckpointFound(Now, find.View, found.Checkpoint, found.Problem));
    }

    private static (FoundCheckpoint? Checkpoint, string? Problem, IReadOnlyList<string> Damaged) FindCheckpoint(RunRequest request)
    {
        using var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenNewest();
        if (checkpoint is null) return (request.ForkedFromFolder is { } folder ? FindOrigin(folder, request.Spec) : null, null, []);
        var differences = request.Spec.DifferencesFrom(RunSpec.FromJson(checkpoint.Manifest.RunSpec));
        if (differences.Length > 0) return (null, $"'{request.CheckpointFolder}' holds checkpoints of another run ({string.Join("; ", differences)}). Choose another folder.", checkpoint.Rejected);
        return (new FoundCheckpoint(null, checkpoint.Name, new StepNumber(checkpoint.Manifest.Step), checkpoint.Manifest.Profile, checkpoint.Manifest.Amendments), null, checkpoint.Rejected);
    }

    /// <summary>The other run's checkpoint that a fork begins with.</summary>
    private static FoundCheckpoint FindOrigin(string folder, RunSpec spec)
    {
        using var origin = new CheckpointStore(folder).OpenBySha256(spec.ForkedFromSha256!);
        if (origin.Manifest.Step >= spec.Steps) throw new CheckpointException($"Checkpoint '{origin.Name}' is of step {origin.Manifest.Step}, a fork of {spec.Steps} steps has nothing left to do.");
        return new FoundCheckpoint(folder, origin.Name, new StepNumber(origin.Manifest.Step), origin.Manifest.Profile, origin.Manifest.Amendments);
    }

    /// <summary>Commits one after the other: each manifest follows the one before.</summary>
    private async Task CommitAsync(Task after, RunAction.Commit commit)
    {
        var record = _ledger.Record;
        await after;
        try
        {
            await using var writer = new DeviceWorker("checkpoint writer");
            string name = await writer.RunAsync(() => Commit(record, commit));
            await PruneAsync(writer, record.Request!);
            await Post(() => _ledger.CheckpointCommitted(commit.Version, name));
        }
        catch (Exception exception)
        {
            LogCheckpointProblem(_logger, exception, _run);
            await Post(() => _ledger.CheckpointFailed(commit.Version, exception.Message));
        }
    }

    private static string Commit(RunRecord record, RunAction.Commit commit)
    {
        var request = record.Request!;
        var store = new CheckpointStore(request.CheckpointFolder);
        string? previous = store.Latest;
        return store.Commit(
            new CheckpointManifest
            {
                Sequence = CheckpointStore.SequenceOf(previous) + 1,
                Step = commit.Version.Value,
                RunSpec = request.Spec.ToCanonicalJson(),
                Sources = request.Sources,
                Profile = record.Profile,
                Amendments = record.Amendments,
                Objects = [.. commit.Objects.Select(item => new CheckpointObject(item.Name, item.Bytes, item.Sha256))],
            },
            previous);
    }

    /// <summary>A checkpoint that is committed is good, whatever becomes of those before it.</summary>
    private async Task PruneAsync(DeviceWorker writer, RunRequest request)
    {
        try
        {
            NoteDamage(await writer.RunAsync(() => new CheckpointStore(request.CheckpointFolder).Prune(request.CheckpointsKept)));
        }
        catch (Exception exception)
        {
            LogNotPruned(_logger, exception, request.CheckpointFolder, _run);
        }
    }

    /// <summary>Each damaged checkpoint is told once, and shown for as long as it is there.</summary>
    private void NoteDamage(IReadOnlyList<string> damaged)
    {
        foreach (string checkpoint in damaged.Except(_damaged)) LogDamagedCheckpoint(_logger, _run, checkpoint);
        _damaged = damaged;
    }

    private async Task DiscardAsync(Task after, RunAction.Discard discard)
    {
        string folder = _ledger.Record.Request!.CheckpointFolder;
        await after;
        try
        {
            await using var writer = new DeviceWorker("checkpoint writer");
            await writer.RunAsync(() => new CheckpointStore(folder).Discard(discard.Objects.Select(item => item.Name)));
        }
        catch (Exception exception)
        {
            LogNotPruned(_logger, exception, folder, _run);
        }
    }

    private async Task HashAsync(string checkpointName)
    {
        var request = _ledger.Record.Request!;
        (string? Hash, string? Problem) result;
        try
        {
            await using var reader = new DeviceWorker("checkpoint reader");
            result = (await reader.RunAsync(() => Hash(request, checkpointName)), null);
        }
        catch (Exception exception)
        {
            LogCheckpointProblem(_logger, exception, _run);
            result = (null, exception.Message);
        }
        await Post(() => _ledger.Hashed(result.Hash, result.Problem));
    }

    private string Hash(RunRequest request, string checkpointName)
    {
        using var checkpoint = new CheckpointStore(request.CheckpointFolder).Open(checkpointName);
        return checkpoint.HashWeights(_factory.Describe(request).Layout);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Slots {Slots} of trainer {Trainer} go to others.")]
    private static partial void LogReleased(ILogger logger, SlotRange slots, TrainerId trainer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Slot {Slot} of step {Step} is in quarantine, and the run goes back to its newest checkpoint. {Reason}")]
    private static partial void LogQuarantined(ILogger logger, int slot, StepNumber step, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage refuses the state of run {Run}; what is to be written waits: {Problem}")]
    private static partial void LogStorageAway(ILogger logger, string problem, RunId run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Trainer {Trainer} cannot be reached: {Problem}")]
    private static partial void LogUnreachable(ILogger logger, TrainerId trainer, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Shard {Shard} has not heard a verdict: {Problem}")]
    private static partial void LogVerdictUnheard(ILogger logger, ShardReplica shard, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "A call to free memory was not heard: {Problem}")]
    private static partial void LogCloseUnheard(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Step {Step} was skipped: its gradient is not finite. Slots concerned: {Slots}; their samples, as numbers of pairs in the data set from 0: {Samples}. 'blip replay' of the step names their pictures and texts.")]
    private static partial void LogSkipped(ILogger logger, StepNumber step, string slots, string samples);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A checkpoint of run {Run} is damaged, and the run does without it. {Checkpoint}")]
    private static partial void LogDamagedCheckpoint(ILogger logger, RunId run, string checkpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files of run {Run} in '{Folder}' that no checkpoint needs cannot be deleted. The next checkpoint tries again.")]
    private static partial void LogNotPruned(ILogger logger, Exception exception, string folder, RunId run);

    [LoggerMessage(Level = LogLevel.Error, Message = "A checkpoint of run {Run} cannot be used.")]
    private static partial void LogCheckpointProblem(ILogger logger, Exception exception, RunId run);
}
