using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>How a run begins and ends its stretches of steps: restore, checkpoints, rest.</summary>
internal sealed partial class RunLedger
{
    /// <summary>A shard's part of a checkpoint is written, or could not be.</summary>
    public IReadOnlyList<RunAction> ShardSaved(ShardSaved report)
    {
        if (report.View != Record.View || !IsUnderWay || !_saves.TryGetValue(report.Version, out var save)) return [];
        if (report.Problem is { } problem) return CheckpointFailed(report.Version, $"Shard {report.Shard}: {problem}");
        save[report.Shard] = report.Objects;
        if (save.Count < Record.Owners.Length) return [];
        _saves.Remove(report.Version);
        return [new RunAction.Commit(report.Version, [.. save.OrderBy(part => part.Key).SelectMany(part => part.Value)])];
    }

    /// <summary>A checkpoint is committed.</summary>
    public IReadOnlyList<RunAction> CheckpointCommitted(StepNumber version, string name)
    {
        Persist(Record with { Checkpoint = name, CheckpointStep = version, Problem = null });
        Conclude();
        return Take();
    }

    /// <summary>A checkpoint could not be written. The one before is intact; training goes on, unless it was to end with this one.</summary>
    public IReadOnlyList<RunAction> CheckpointFailed(StepNumber version, string problem)
    {
        _saves.Remove(version);
        string what = $"The checkpoint of step {version} could not be written: {problem}";
        if (_rest is not null && version == Record.Step) End(RunState.Failed, what + " Start the run again to go on from the one before.");
        else Persist(Record with { Problem = what });
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
        return Take();
    }

    /// <summary>Starts over from the newest checkpoint, under a new view.</summary>
    private void Restore()
    {
        // Nobody may be asked to work with the owners of before.
        NewView(owners: []);
        _actions.Add(new RunAction.FindCheckpoint(Record.View, Record.Request!));
    }

    /// <summary>
    /// Goes on with what the shards hold in memory, under a new view. Where the last verdict asked for a checkpoint that is not committed, nobody would hear
    /// of its parts any more, so they are written again: by shards at its version when they open, by those behind when they hear the verdict.
    /// </summary>
    private void Reattach(TimeSpan now)
    {
        NewView(Record.Owners);
        bool isCheckpointMissing = Record.Last is { Checkpoint: true } && Record.CheckpointStep != Record.Step;
        if (isCheckpointMissing) _saves[Record.Step] = [];
        OpenShards(ShardOrigin.Memory, isCheckpointMissing ? Record.Step : null);
        AskTrainers(now);
    }

    private void NewView(ImmutableArray<NodeName> owners)
    {
        _steps = null;
        _rest = null;
        _openShards.Clear();
        _earlySeals.Clear();
        _saves.Clear();
        _roster.ForgetAnswers();
        Persist(Record with { View = Record.View.Next, State = RunState.Starting, Owners = owners });
    }

    private void OpenShards(ShardOrigin origin, StepNumber? saveVersion = null)
    {
        for (int shard = 0; shard < Record.Owners.Length; shard++)
        {
            _actions.Add(new RunAction.OpenShard(Record.Owners[shard], new ShardAssignment
            {
                View = Record.View,
                Request = Record.Request!,
                Shard = new ShardIndex(shard),
                ShardCount = Record.Owners.Length,
                Origin = origin,
                Checkpoint = origin == ShardOrigin.Checkpoint ? Record.Checkpoint : null,
                DropSums = Record.Last?.Kind == VerdictKind.Retry,
                SaveVersion = saveVersion,
            }));
        }
    }

    private void AskTrainers(TimeSpan now)
    {
        if (!IsUnderWay || Record.Owners.IsEmpty) return;
        foreach (var trainer in _roster.TakeUnasked(now)) AskTrainer(trainer);
    }

    private void AskTrainer(TrainerId trainer) =>
        _actions.Add(new RunAction.OpenTrainer(trainer, new TrainerAssignment { View = Record.View, Request = Record.Request!, Owners = Record.Owners }));

    /// <summary>All shards stand open: steps are taken from here.</summary>
    private void Begin(TimeSpan now)
    {
        var request = Record.Request!;
        _steps = new StepLedger(new StepPolicy
        {
            SlotCount = request.Spec.SlotCount,
            ShardCount = Record.Owners.Length,
            Steps = request.Spec.Steps,
            CheckpointInterval = request.CheckpointInterval,
            SkipsInRowMax = request.SkipsInRowMax,
        });
        Persist(Record with { State = RunState.Training });
        foreach (var (trainer, incarnation) in _roster.Ready) AddSteps(_steps.TrainerReady(now, trainer, incarnation));
        var behind = _openShards.Where(shard => shard.Value < Record.Step).Select(shard => shard.Key).Order().ToArray();
        AddSteps(_steps.Begin(now, Record.View, Record.Step, Record.SkipsInRow, Record.Last, behind));
        if (Record.Wish != RunWish.None) AddSteps(_steps?.Hold());
        foreach (var (_, seal) in _earlySeals.OrderBy(seal => seal.Key)) AddSteps(_steps?.Sealed(now, seal));
        _earlySeals.Clear();
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
                    Persist(Record with { View = verdict.View, Step = verdict.NextStep, Last = verdict, SkipsInRow = _steps!.SkipsInRow });
                    if (verdict.Kind == VerdictKind.Retry) foreach (var (trainer, _) in _roster.Ready) AskTrainer(trainer);
                    break;
                case StepAction.Rest { Reason: var reason }:
                    _rest = reason;
                    Conclude();
                    break;
                case StepAction.Expel { Trainer: var trainer, Problem: var problem }:
                    _roster.Expel(trainer, problem);
                    if (_roster.Hopeless is not null) End(RunState.Failed, $"No device can go on: {problem}");
                    break;
                default:
                    _actions.Add(new RunAction.OfStep(action));
                    break;
            }
        }
    }

    /// <summary>Ends the stretch once the run rests and its checkpoint is committed.</summary>
    private void Conclude()
    {
        switch (_rest)
        {
            case RestReason.Diverged:
                End(
                    RunState.Diverged,
                    $"{Record.SkipsInRow} steps in a row had a gradient that is not finite, up to step {Record.Step.Value - 1}. Lower the learning rate or look at the samples that the steps name.");
                break;
            case RestReason.Inconsistent:
                End(RunState.Failed, $"A shard gave different sums for step {Record.Step} again and again: a node computes wrongly.");
                break;
            case RestReason.Held or RestReason.Finished when Record.CheckpointStep == Record.Step:
                _actions.Add(new RunAction.HashWeights(Record.Checkpoint!));
                break;
        }
    }

    private void End(RunState state, string? problem)
    {
        var owners = Record.Owners;
        Persist(Record with { State = state, Problem = problem, Owners = [] });
        _actions.Add(new RunAction.Close(Record.View, owners, [.. _roster.Devices]));
        _steps = null;
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
