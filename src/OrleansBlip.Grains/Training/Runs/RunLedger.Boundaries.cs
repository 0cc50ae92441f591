using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>How a run begins and ends its stretches of steps: restore, checkpoints, rest.</summary>
internal sealed partial class RunLedger
{
    private bool _lacksData;

    /// <summary>A shard's part of a checkpoint is written, or could not be.</summary>
    public IReadOnlyList<RunAction> ShardSaved(ShardSaved report)
    {
        if (report.View != Record.View || !IsUnderWay) return [];
        if (!_saves.TryGetValue(report.Version, out var save))
        {
            if (_unwritten.Contains(report.Version)) Discard(report.Objects);
            return Take();
        }
        if (report.Problem is { } problem) return CheckpointFailed(report.Version, $"Shard {report.Shard}: {problem}");
        save[report.Shard] = report.Objects;
        CommitWhatIsAgreed();
        return Take();
    }

    /// <summary>A checkpoint is committed.</summary>
    public IReadOnlyList<RunAction> CheckpointCommitted(StepNumber version, string name)
    {
        _commits.Remove(version);
        _waits = null;
        // Another one may have been heard of before it.
        if (version < Record.CheckpointStep) return Take();
        Persist(Record with { Checkpoint = name, CheckpointStep = version, Problem = IsUnderWay && !_lacksData ? null : Record.Problem });
        Conclude();
        return Take();
    }

    /// <summary>The weights with which the run came to rest are hashed, or could not be read.</summary>
    public IReadOnlyList<RunAction> Hashed(string? weightsSha256, string? problem)
    {
        if (_rest is null || !IsUnderWay) return [];
        if (weightsSha256 is null)
        {
            End(RunState.Failed, $"The last checkpoint cannot be read: {problem}");
            return Take();
        }
        var state = _rest == RestReason.Finished ? RunState.Completed : Record.Wish == RunWish.Stop ? RunState.Stopped : RunState.Paused;
        Record = Record with { WeightsSha256 = weightsSha256, Wish = RunWish.None };
        End(state, Record.Problem);
        return Take();
    }

    private IReadOnlyList<RunAction> Wish(RunWish wish)
    {
        if (!IsUnderWay) throw new RunRefusedException($"The run is {Record.State}, it takes no steps.");
        if (Record.Wish < wish) Persist(Record with { Wish = wish });
        AddSteps(_steps?.Hold());
        // It may rest already, to let a node go.
        Conclude();
        return Take();
    }

    /// <summary>Starts over from the newest checkpoint, under a new view.</summary>
    private void Restore(RunState state = RunState.Starting)
    {
        _waits = null;
        // Nobody may be asked to work with the owners of before.
        NewView(new ShardPlacement([], []), state);
        _actions.Add(new RunAction.FindCheckpoint(Record.View, Record.Request!));
    }

    private void AskTrainers(TimeSpan now)
    {
        if (!IsUnderWay || Record.Owners.IsEmpty) return;
        foreach (var trainer in _roster.TakeUnasked(now)) AskTrainer(trainer);
    }

    /// <summary>Takes the first profile as the run's, and turns away a device of another one.</summary>
    private TrainerOpened CheckProfile(TrainerOpened report)
    {
        if (report.Problem is not null || report.Profile is not { } profile) return report;
        if (Record.Profile is not { } ours)
        {
            Persist(Record with { Profile = profile });
            return report;
        }
        var differences = profile.DifferencesFrom(ours);
        if (differences.IsEmpty) return report;
        string problem = $"Device {report.Trainer} computes otherwise than the run and takes no part ({string.Join("; ", differences)}).";
        Persist(Record with { Problem = problem });
        return report with { Problem = problem };
    }

    private void AskTrainer(TrainerId trainer) =>
        _actions.Add(new RunAction.OpenTrainer(trainer, new TrainerAssignment { View = Record.View, Request = Record.Request!, Owners = Record.Owners, Amendments = Record.Amendments }));

    /// <summary>All shards stand open: steps are taken from here.</summary>
    private void Begin(TimeSpan now)
    {
        var request = Record.Request!;
        _steps = new StepLedger(new StepPolicy
        {
            SlotCount = request.Spec.SlotCount,
            ShardCount = Record.Owners.Length,
            HasBackups = !Record.Backups.IsEmpty,
            Steps = request.Spec.Steps,
            CheckpointInterval = request.CheckpointInterval,
            SkipsInRowMax = request.SkipsInRowMax,
            Amendments = Record.Amendments,
            QuarantinesMax = QuarantinesMax,
            Suspects = Record.Suspects,
            RestsAtOnce = Record.Wish != RunWish.None && (Record.CheckpointStep == Record.Step || IsBeingSaved(Record.Step)),
        });
        Persist(Record with { State = RunState.Training, Suspects = _steps.Suspects });
        foreach (var (trainer, incarnation) in _roster.Ready) AddSteps(_steps.TrainerReady(now, trainer, incarnation));
        AddSteps(_steps.Begin(now, Record.View, Record.Step, Record.SkipsInRow, Record.Last, [.. _openShards.Values.OrderBy(open => open.Replica)]));
        if (Record.Wish != RunWish.None || _leaving.Count > 0) AddSteps(_steps?.Hold());
        foreach (var (_, seal) in _earlySeals.OrderBy(seal => seal.Key)) AddSteps(_steps?.Sealed(now, seal));
        _earlySeals.Clear();
        CommitWhatIsAgreed();
    }

    /// <summary>Takes the step ledger's actions over, and does what concerns the run itself.</summary>
    private void AddSteps(IReadOnlyList<StepAction>? actions)
    {
        foreach (var action in actions ?? [])
        {
            switch (action)
            {
                case StepAction.Persist { Verdict: var verdict }:
                    if (verdict.Checkpoint) _saves[verdict.NextStep] = [];
                    if (_lacksData) Record = Record with { Problem = null };
                    _lacksData = false;
                    Persist(Record with { View = verdict.View, Step = verdict.NextStep, Last = verdict, SkipsInRow = _steps!.SkipsInRow, Suspects = WithGenerations(_steps.Suspects) });
                    if (verdict.Kind == VerdictKind.Retry) foreach (var (trainer, _) in _roster.Ready) AskTrainer(trainer);
                    break;
                case StepAction.Suspect { Slots: var slots }:
                    Persist(Record with { Suspects = WithGenerations(slots) });
                    break;
                case StepAction.Quarantine { Step: var step, Slot: var slot, Reason: var why }:
                    Quarantine(step, slot, why);
                    _actions.Add(new RunAction.OfStep(action));
                    return;
                case StepAction.Rest { Reason: var reason }:
                    _rest = reason;
                    if (reason is RestReason.Held or RestReason.Finished) Persist(Record with { State = RunState.Checkpointing });
                    Conclude();
                    break;
                case StepAction.Differ differ:
                    Distrust(differ.Shard, differ.Version);
                    return;
                case StepAction.Expel expel:
                    Expel(expel);
                    break;
                default:
                    _actions.Add(new RunAction.OfStep(action));
                    break;
            }
        }
    }

    /// <summary>A device is left out. Where none is left the run cannot go on, or waits for the data to be readable again.</summary>
    private void Expel(StepAction.Expel expel)
    {
        _roster.Expel(expel.Trainer, expel.Problem, willReturn: expel.IsPassing);
        if (_roster.Hopeless is not null)
        {
            End(RunState.Failed, $"No device can go on: {expel.Problem}");
        }
        else if (_roster.Unreadable is { } unreadable)
        {
            _lacksData = true;
            string problem = $"No device can read the samples of step {Record.Step}: {unreadable.TrimEnd('.')}. The run waits, and tries again every {RunRoster.ReturnInterval.TotalSeconds} s.";
            if (Record.Problem != problem) Persist(Record with { Problem = problem });
        }
    }

    /// <summary>Ends the stretch once the run rests and its checkpoint is committed.</summary>
    private void Conclude()
    {
        switch (_rest)
        {
            case RestReason.Diverged when _saves.Count + _commits.Count > 0:
                break; // until the checkpoint is there to go back to
            case RestReason.Diverged when CheckpointToGoBackTo is { } step:
                RollBack(step);
                break;
            case RestReason.Diverged:
                End(
                    RunState.Diverged,
                    $"{Record.SkipsInRow} steps in a row had a gradient that is not finite, up to step {Record.Step.Value - 1}. Lower the learning rate or look at the samples that the steps name.");
                break;
            case RestReason.Inconsistent:
                End(RunState.Failed, $"A shard gave different sums for step {Record.Step} again and again: a node computes wrongly.");
                break;
            case RestReason.Held when Record.Wish == RunWish.None:
                break; // to let a node go
            case RestReason.Held or RestReason.Finished when Record.CheckpointStep == Record.Step:
                _actions.Add(new RunAction.HashWeights(Record.Checkpoint!));
                break;
        }
    }

    /// <summary>The step of the newest checkpoint; null where there is none, or where the run went back to it before and was led astray again.</summary>
    private StepNumber? CheckpointToGoBackTo =>
        Record.CheckpointStep is { } step && !Record.Amendments.Any(amendment => amendment.Slot is null && amendment.From == step) ? step : null;

    /// <summary>
    /// Goes back to the newest checkpoint and leaves out all steps from there on: the same steps would lead to the same place again, and which of their samples did it
    /// nobody knows.
    /// </summary>
    private void RollBack(StepNumber step)
    {
        string reason = $"The gradients of {Record.SkipsInRow} steps in a row up to {Record.Step.Value - 1} were not finite.";
        Record = Record with { Amendments = [.. Record.Amendments, new Amendment { From = step, End = Record.Step, Reason = reason }] };
        Record = Record with { Problem = $"{reason} The run went back to step {step} and leaves out what it took since." };
        Restore(RunState.RollingBack);
    }

    private void End(RunState state, string? problem)
    {
        Persist(Record with { State = state, Problem = problem, Owners = [], Backups = [] });
        _actions.Add(new RunAction.Close(Record.View, [.. _holders.Order()], [.. _roster.Devices]));
        _holders.Clear();
        _steps = null;
        _waits = null;
        // A checkpoint that is committed later concludes nothing any more.
        _rest = null;
    }

    private void Persist(RunRecord next)
    {
        Record = next;
        _actions.Add(new RunAction.Persist(next));
    }

    private List<RunAction> Take()
    {
        var actions = _actions;
        _actions = [];
        return actions;
    }
}
