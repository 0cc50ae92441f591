using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>
/// The life of a run, without tensors, clock or calls: opening and restoring shards, trainers that come and go, checkpoints, pause, resume and stop.
/// The steps themselves are its <see cref="StepLedger"/>'s.
/// </summary>
internal sealed partial class RunLedger(RunRecord record)
{
    private readonly RunRoster _roster = new();
    private readonly Dictionary<ShardReplica, OpenReplica> _openShards = [];
    private readonly HashSet<ShardReplica> _empty = [];
    private readonly HashSet<(ShardIndex Shard, NodeName Node)> _holders = [];
    private readonly Dictionary<ShardIndex, Seal> _earlySeals = [];
    private readonly Dictionary<StepNumber, Dictionary<ShardIndex, ImmutableArray<SavedObject>>> _saves = [];
    private readonly Dictionary<StepNumber, ImmutableArray<SavedObject>> _commits = [];
    private List<RunAction> _actions = [];
    private StepLedger? _steps;
    private RestReason? _rest;

    /// <summary>What is durable, or is about to be.</summary>
    public RunRecord Record { get; private set; } = record;

    /// <summary>Where the run stands.</summary>
    public RunStatus Status => new()
    {
        State = Record.State,
        Step = Record.Step,
        Steps = Record.Request?.Spec.Steps ?? 0,
        View = Record.View,
        TrainerCount = _steps?.TrainerCount ?? 0,
        Checkpoint = Record.Checkpoint,
        WeightsSha256 = Record.WeightsSha256,
        Problem = Record.Problem,
        Waits = _waits,
        Amendments = Record.Amendments,
    };

    /// <summary>What the run cannot go on without at this moment; null at rest.</summary>
    public string? Awaited => Record.State switch
    {
        RunState.Starting when _isDeserted => "a node",
        RunState.Starting or RunState.RollingBack when Record.Owners.IsEmpty => "the newest checkpoint to be found",
        RunState.Starting or RunState.RollingBack => "shards to be opened: "
            + string.Join(", ", Record.Placement.Replicas.Where(replica => !_openShards.ContainsKey(replica)).Select(replica => $"{replica} on {Record.Placement[replica]}")),
        RunState.Training when _lacksData => $"readable samples for step {Record.Step}",
        RunState.Training => _steps?.Awaited,
        RunState.Checkpointing => $"the checkpoint of step {Record.Step} to be written",
        _ => null,
    };

    private bool IsUnderWay => Record.IsUnderWay;

    /// <summary>The coordinator has been activated and knows the nodes. A run that was under way goes on: with what shards still hold, else from the newest checkpoint.</summary>
    public IReadOnlyList<RunAction> Recover(TimeSpan now, IReadOnlyCollection<RosterNode> nodes)
    {
        _roster.Update(nodes);
        if (!IsUnderWay) return Take();
        foreach (var replica in Record.Placement.Replicas) _holders.Add((replica.Shard, Record.Placement[replica]));
        if (InheritSuspects()) return Take();
        if (Record.Owners.Length > 0) Reattach(now);
        else Restore();
        return Take();
    }

    /// <summary>The run is to start, or to go on from where a checkpoint left it.</summary>
    /// <exception cref="RunRefusedException">It is over, or is another run.</exception>
    public IReadOnlyList<RunAction> Start(RunRequest request)
    {
        request.Validate();
        if (Record.Request is { } known && request.Spec.DifferencesFrom(known.Spec) is { IsEmpty: false } differences)
            throw new RunRefusedException($"The run was started with another specification ({string.Join("; ", differences)}). Choose another run id.");
        if (Record.State is RunState.Stopped or RunState.Diverged) throw new RunRefusedException($"The run is over: {Record.State}. Choose another run id.");
        if (IsUnderWay || Record.State == RunState.Completed) return [];
        Record = Record with { Request = request, Wish = RunWish.None, Problem = null, WeightsSha256 = null };
        Restore();
        return Take();
    }

    /// <summary>The run is to pause at the next step boundary.</summary>
    /// <exception cref="RunRefusedException">It is not under way.</exception>
    public IReadOnlyList<RunAction> Pause() => Wish(RunWish.Pause);

    /// <summary>The run is to end at the next step boundary; at once when it is paused.</summary>
    /// <exception cref="RunRefusedException">It is not under way.</exception>
    public IReadOnlyList<RunAction> Stop()
    {
        if (Record.State != RunState.Paused) return Wish(RunWish.Stop);
        Persist(Record with { State = RunState.Stopped });
        return Take();
    }

    /// <summary>The run is to end at once, without a checkpoint.</summary>
    /// <exception cref="RunRefusedException">It is over or was never started.</exception>
    public IReadOnlyList<RunAction> Kill()
    {
        if (!IsUnderWay && Record.State != RunState.Paused) throw new RunRefusedException($"The run is {Record.State}, there is nothing to kill.");
        End(RunState.Stopped, $"Killed before step {Record.Step}. " + (Record.CheckpointStep is { } step ? $"Its newest checkpoint is of step {step}." : "It has no checkpoint."));
        return Take();
    }

    /// <summary>Somebody leaves steps out that are still to come.</summary>
    /// <exception cref="RunRefusedException">They are none, or some are decided or under way, or the run is over.</exception>
    public IReadOnlyList<RunAction> Amend(Amendment amendment)
    {
        if (!IsUnderWay && Record.State != RunState.Paused) throw new RunRefusedException($"The run is {Record.State}, it takes no steps.");
        if (amendment.Slot is not null) throw new RunRefusedException("A slot is put into quarantine by the run itself. Leave out the steps instead.");
        // While shards are opened nobody knows which step comes next; it is none before the checkpoint's.
        if (Record.IsOpening) throw new RunRefusedException($"The run is {Record.State}. Ask again once it is training or paused.");
        var first = Record.State == RunState.Paused ? Record.Step : Record.Step.Next;
        if (amendment.From < first || amendment.End <= amendment.From)
            throw new RunRefusedException($"Steps {amendment.From} to {amendment.End.Value - 1} cannot be left out: the first that is neither decided nor under way is {first}.");
        Persist(Record with { Amendments = [.. Record.Amendments, amendment] });
        _steps?.Amend(Record.Amendments);
        return Take();
    }

    /// <summary>The run is to go on after a pause.</summary>
    /// <exception cref="RunRefusedException">It is not paused.</exception>
    public IReadOnlyList<RunAction> Resume()
    {
        if (Record.State != RunState.Paused) throw new RunRefusedException($"The run is {Record.State}, only a paused run can be resumed.");
        Record = Record with { Wish = RunWish.None, WeightsSha256 = null };
        Restore();
        return Take();
    }

    /// <summary>
    /// The nodes that there are now. A trainer that is gone is only missed; a shard goes on at its backup, and one that is lost there too is restored, with all others,
    /// from the newest checkpoint. A second node makes backups possible.
    /// </summary>
    /// <param name="now">Time since any fixed moment.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="leaving">Those that are missing because they were asked to end; the others have died.</param>
    public IReadOnlyList<RunAction> NodesChanged(TimeSpan now, IReadOnlyCollection<RosterNode> nodes, params IReadOnlyCollection<NodeName> leaving)
    {
        var (gone, lost) = Update(nodes);
        if (!IsUnderWay) return Take();
        if (_isDeserted && _roster.Nodes.Count > 0)
        {
            _isDeserted = false;
            Restore();
            return Take();
        }
        NoteDeaths(gone.Except(leaving));
        ShardReplica[] emptied = [.. Record.Placement.Replicas.Where(replica => gone.Contains(Record.Placement[replica]))];
        bool lacksBackups = Record is { State: RunState.Training, Backups.IsEmpty: true } && WantsBackups && _roster.Nodes.Count > 1;
        if (emptied.Length > 0) Lose(now, emptied);
        else if (lacksBackups) Reattach(now);
        else foreach (var trainer in lost) AddSteps(_steps?.TrainerLost(now, trainer));
        AskTrainers(now);
        return Take();
    }

    /// <summary>The newest good checkpoint for <paramref name="view"/>, null for none; or why one cannot be used.</summary>
    public IReadOnlyList<RunAction> CheckpointFound(TimeSpan now, ViewNumber view, FoundCheckpoint? found, string? problem)
    {
        if (view != Record.View || !IsUnderWay) return [];
        if (found?.Profile is { } profile && Record.Profile is { } ours && profile.DifferencesFrom(ours) is { IsEmpty: false } differences)
            problem ??= $"The checkpoint {found.Name} is of another arithmetic ({string.Join("; ", differences)}).";
        if (problem is not null || _roster.Nodes.Count == 0)
        {
            if (problem is not null) End(RunState.Failed, problem);
            else Desert();
            return Take();
        }
        int count = Record.Request!.ShardCount > 0 ? Record.Request.ShardCount : Math.Max(RunRequest.ShardCountByDefaultMin, _roster.Nodes.Count);
        var placement = ShardPlacement.Deal(count, [.. _roster.Nodes], WantsBackups);
        Persist(Record with
        {
            Owners = placement.Owners,
            Backups = placement.Backups,
            Step = found?.Version ?? new StepNumber(0),
            Last = null,
            SkipsInRow = 0,
            Checkpoint = found?.Name,
            CheckpointStep = found?.Version,
            Profile = Record.Profile ?? found?.Profile,
            Amendments = found is null ? Record.Amendments : [.. Record.Amendments.Union(found.Amendments)],
        });
        OpenShards(placement, found is null ? ShardOrigin.Initial : ShardOrigin.Checkpoint, folder: found?.Folder);
        AskTrainers(now);
        return Take();
    }

    /// <summary>A shard has answered.</summary>
    public IReadOnlyList<RunAction> ShardOpened(TimeSpan now, ShardOpened report)
    {
        if (IsOutdoneBy(report.View)) return Take();
        if (report.View != Record.View || !Record.IsOpening) return [];
        var replica = new ShardReplica(report.Shard, report.IsBackup);
        // What is neither at the step nor one verdict behind is a leftover of another time.
        bool isUsable = report.Version is { } held && (held == Record.Step || (Record.Last is not null && held.Next == Record.Step));
        if (report.Problem is { } problem) End(RunState.Failed, $"Shard {replica} cannot be opened on {Record.Placement[replica]}: {problem}");
        else if (!isUsable) Lose(now, replica);
        else
        {
            _empty.Remove(replica);
            _openShards[replica] = new OpenReplica(replica, report.Version!.Value, report.Digest);
            if (Record.Placement.Replicas.All(_openShards.ContainsKey)) Begin(now);
        }
        return Take();
    }

    /// <summary>A trainer has answered.</summary>
    public IReadOnlyList<RunAction> TrainerOpened(TimeSpan now, TrainerOpened report)
    {
        if (IsOutdoneBy(report.View)) return Take();
        if (report.View != Record.View || !IsUnderWay) return [];
        report = CheckProfile(report);
        _roster.Note(report);
        if (report.Problem is null) AddSteps(_steps?.TrainerReady(now, report.Trainer, report.Incarnation));
        else if (_roster.Hopeless is { } problem) End(RunState.Failed, $"No device can take part: {problem}");
        return Take();
    }

    /// <summary>A call to a trainer failed.</summary>
    public IReadOnlyList<RunAction> TrainerUnreachable(TimeSpan now, TrainerId trainer)
    {
        _roster.NoteUnreachable(now, trainer);
        AddSteps(_steps?.TrainerLost(now, trainer));
        return Take();
    }

    /// <summary>A shard has answered a verdict, at its owner or its backup.</summary>
    public IReadOnlyList<RunAction> VerdictAnswered(TimeSpan now, ShardReplica replica, Verdict verdict, VerdictAnswer answer)
    {
        if (verdict.View != Record.View || !IsUnderWay) return [];
        switch (answer.Outcome)
        {
            case VerdictOutcome.Done:
                AddSteps(_steps?.Confirmed(now, replica, verdict.View, verdict.NextStep, answer.Digest));
                CommitWhatIsAgreed();
                break;
            case VerdictOutcome.Fenced:
                _actions.Add(new RunAction.StepDown());
                break;
            case VerdictOutcome.NotHeld:
                Lose(now, replica);
                break;
        }
        return Take();
    }

    /// <inheritdoc cref="StepLedger.LeaseEnded"/>
    public IReadOnlyList<RunAction> LeaseEnded(TimeSpan now, LeaseReport report)
    {
        if (IsOutdoneBy(report.View)) return Take();
        AddSteps(_steps?.LeaseEnded(now, report));
        return Take();
    }

    /// <inheritdoc cref="StepLedger.Sealed"/>
    public IReadOnlyList<RunAction> Sealed(TimeSpan now, Seal seal)
    {
        if (IsOutdoneBy(seal.View)) return Take();
        // A shard that was sealed when it was opened again votes at once, and only once: mostly before the others stand open.
        if (Record.IsOpening && seal.View == Record.View) _earlySeals[seal.Shard] = seal;
        AddSteps(_steps?.Sealed(now, seal));
        return Take();
    }

    /// <inheritdoc cref="StepLedger.Tick"/>
    public IReadOnlyList<RunAction> Tick(TimeSpan now)
    {
        if (!IsUnderWay) return [];
        AddSteps(_steps?.Tick(now));
        LetGo(now);
        WriteLastAgain(now);
        if (Record.Owners.Length > 0) AskTrainers(now);
        return Take();
    }

    /// <summary>
    /// Whether somebody works under a view above the durable one that this coordinator knows: then another one was activated beside it, as a grain directory that is being put together allows,
    /// and has gone on. Each would wait for ever for those who report to the other.
    /// </summary>
    private bool IsOutdoneBy(ViewNumber view)
    {
        if (!(view > Record.View)) return false;
        _actions.Add(new RunAction.StepDown());
        return true;
    }
}
