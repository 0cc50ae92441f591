using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Steps;

/// <summary>
/// The coordinator's side of the protocol, without tensors, clock or calls: Idle → Leasing(t) → Voting(t) → Decided(t) → Leasing(t + 1). Each event gives
/// the list of actions to carry out, in order. Whatever is lost on the way is asked for again by <see cref="Tick"/>; whatever comes twice changes nothing.
/// </summary>
internal sealed partial class StepLedger
{
    private StepPolicy _policy;
    private readonly LeaseBook _book;
    private readonly Dictionary<ShardIndex, Seal> _seals = [];
    private readonly HashSet<ShardReplica> _unconfirmed = [];
    private readonly Dictionary<ShardReplica, (StepNumber Version, ulong Digest)> _digests = [];
    private List<StepAction> _actions = [];
    private Verdict? _last;
    private RestReason? _rest;
    private TimeSpan _announcedAt;
    private int _retriesInRow;
    private bool _isTorn;

    public StepLedger(StepPolicy policy)
    {
        _policy = policy;
        _book = new LeaseBook(new ReductionTree(policy.SlotCount));
        _suspects = new SuspectBook(policy.Suspects);
    }

    /// <summary>The highest view.</summary>
    public ViewNumber View { get; private set; }

    /// <summary>The step under way, or the next one.</summary>
    public StepNumber Step { get; private set; }

    /// <summary>Where the ledger stands.</summary>
    public StepPhase Phase { get; private set; } = StepPhase.Idle;

    /// <summary>Steps skipped since the last one applied.</summary>
    public int SkipsInRow { get; private set; }

    /// <summary>Trainers that take part.</summary>
    public int TrainerCount => _book.TrainerCount;

    /// <summary>All shards stand open under <paramref name="view"/>: goes on with <paramref name="step"/>.</summary>
    /// <param name="now">Time since any fixed moment, here and everywhere.</param>
    /// <param name="view">The view, higher than before.</param>
    /// <param name="step">The step to lease.</param>
    /// <param name="skipsInRow">Steps skipped just before it.</param>
    /// <param name="last">The durable verdict on the step before, for the shards that have not heard it.</param>
    /// <param name="open">What the shards hold; those at a version before <paramref name="step"/> have not.</param>
    public IReadOnlyList<StepAction> Begin(TimeSpan now, ViewNumber view, StepNumber step, int skipsInRow = 0, Verdict? last = null, params IReadOnlyList<OpenReplica> open)
    {
        (View, Step, SkipsInRow, _rest, _retriesInRow, _isTorn) = (view, step, skipsInRow, _policy.RestsAtOnce ? RestReason.Held : null, 0, false);
        _last = last is null ? null : last with { View = view };
        _seals.Clear();
        _unconfirmed.Clear();
        _digests.Clear();
        foreach (var replica in open) if (!Agrees(replica)) return Take();
        foreach (var behind in open.Where(replica => replica.Version < step)) Announce(now, behind.Replica);
        if (step.Value >= _policy.Steps) _rest = RestReason.Finished;
        if (skipsInRow >= _policy.SkipsInRowMax) _rest = RestReason.Diverged;
        Proceed(now);
        return Take();
    }

    /// <summary>Comes to rest at the next step boundary, with a checkpoint; at once where no step is under way.</summary>
    public IReadOnlyList<StepAction> Hold()
    {
        _rest ??= RestReason.Held;
        return Take();
    }

    /// <summary>Steps after the one under way are left out.</summary>
    public void Amend(ImmutableArray<Amendment> amendments) => _policy = _policy with { Amendments = amendments };

    /// <summary>A trainer awaits leases.</summary>
    public IReadOnlyList<StepAction> TrainerReady(TimeSpan now, TrainerId trainer, Incarnation incarnation)
    {
        if (_book.Admit(trainer, incarnation)) Lease(now);
        return Take();
    }

    /// <summary>A trainer is gone; its slots go to others at once.</summary>
    public IReadOnlyList<StepAction> TrainerLost(TimeSpan now, TrainerId trainer)
    {
        Strike(trainer);
        Lease(now);
        return Take();
    }

    /// <summary>A lease has ended.</summary>
    public IReadOnlyList<StepAction> LeaseEnded(TimeSpan now, LeaseReport report)
    {
        bool isCurrent = report.View == View && report.Step == Step;
        if (!_book.Knows(report.Trainer, report.Incarnation))
        {
            // Word of a former life that came late may have taken the living one's place. The life that answers the lease is the one to go on with.
            if (report.View != View || !_book.Awaits(report.Trainer, report.Slots, isCurrent)) return [];
            Strike(report.Trainer);
            return TrainerReady(now, report.Trainer, report.Incarnation);
        }
        int failures = _book.Settle(report, isCurrent);
        NoteReport(report, isCurrent);
        if (failures >= _policy.FailuresInRowMax)
        {
            Strike(report.Trainer);
            _actions.Add(new StepAction.Expel(report.Trainer, report.Problem ?? "It failed without saying why.", IsPassing: report.Outcome == LeaseOutcome.Unreadable));
        }
        Lease(now);
        return Take();
    }

    /// <summary>A shard votes.</summary>
    public IReadOnlyList<StepAction> Sealed(TimeSpan now, Seal seal)
    {
        if (seal.View != View) return [];
        if (_last is not null && seal.Step == _last.Step)
            foreach (var replica in _unconfirmed.Where(replica => replica.Shard == seal.Shard).Order().ToArray()) Announce(now, replica);
        if (Phase is not (StepPhase.Leasing or StepPhase.Voting) || seal.Step != Step) return Take();

        _isTorn |= _seals.TryGetValue(seal.Shard, out var before) && before.Digest != seal.Digest;
        _seals[seal.Shard] = seal;
        Phase = StepPhase.Voting;
        DecideIfComplete(now);
        return Take();
    }

    /// <summary>A shard has carried out the verdict that led to <paramref name="version"/>, at its owner or its backup.</summary>
    public IReadOnlyList<StepAction> Confirmed(TimeSpan now, ShardReplica replica, ViewNumber view, StepNumber version, ulong digest = 0)
    {
        if (view != View || version != _last?.NextStep || !_unconfirmed.Remove(replica)) return [];
        if (!Agrees(new OpenReplica(replica, version, digest))) return Take();
        if (Phase == StepPhase.Decided) Proceed(now);
        else DecideIfComplete(now);
        return Take();
    }

    /// <summary>Whether all shards have carried out the verdict that led to <paramref name="version"/>, and no owner differs from its backup.</summary>
    public bool HasConfirmed(StepNumber version) => _last is null || version < _last.NextStep || _unconfirmed.Count == 0;

    /// <summary>Time has passed: leases that are late go to idle trainers too, verdicts that are not confirmed are sent again.</summary>
    public IReadOnlyList<StepAction> Tick(TimeSpan now)
    {
        if (_unconfirmed.Count > 0 && now - _announcedAt >= _policy.ResendInterval)
            foreach (var replica in _unconfirmed.Order().ToArray()) Announce(now, replica);
        if (Phase is StepPhase.Leasing or StepPhase.Voting)
        {
            foreach (var (trainer, slots) in _book.FindLate(now, _policy.LateFactor, _policy.LateMargin)) _actions.Add(new StepAction.Released(trainer, slots));
            Lease(now);
        }
        return Take();
    }

    /// <summary>What the step cannot go on without; null where the ledger stands still.</summary>
    public string? Awaited => Phase switch
    {
        StepPhase.Leasing when TrainerCount == 0 => $"a device to compute step {Step}",
        StepPhase.Leasing or StepPhase.Voting when _book.Undone is { Length: > 0 } undone => $"the gradients of step {Step}: {string.Join(", ", undone)}",
        StepPhase.Leasing or StepPhase.Voting => _seals.Count == _policy.ShardCount
            ? UnconfirmedInWords
            : $"the votes on step {Step} of shards {string.Join(", ", Shards.Where(shard => !_seals.ContainsKey(shard)))}",
        StepPhase.Decided => UnconfirmedInWords,
        _ => null,
    };

    private string UnconfirmedInWords => $"shards {string.Join(", ", _unconfirmed.Order())} to carry out the verdict on step {_last!.Step}";

    private IEnumerable<ShardIndex> Shards => Enumerable.Range(0, _policy.ShardCount).Select(shard => new ShardIndex(shard));

    /// <summary>Decides once all votes are in. With backups the version that they were computed with is known first to be the same at owners and backups.</summary>
    private void DecideIfComplete(TimeSpan now)
    {
        // Who has not heard the verdict before would not know what to try again.
        if (_isTorn && _unconfirmed.Count == 0) Retry(now);
        if (_isTorn) return;
        if (Phase == StepPhase.Voting && _seals.Count == _policy.ShardCount && !(_policy.HasBackups && _unconfirmed.Count > 0)) Decide(now);
    }

    /// <summary>Notes a version's digest, and whether the twin's is the same where it is known.</summary>
    private bool Agrees(OpenReplica replica)
    {
        if (!_policy.HasBackups) return true;
        _digests[replica.Replica] = (replica.Version, replica.Digest);
        bool differs = _digests.TryGetValue(replica.Replica.Twin, out var twin) && twin.Version == replica.Version && twin.Digest != replica.Digest;
        if (differs) _actions.Add(new StepAction.Differ(replica.Replica.Shard, replica.Version));
        return !differs;
    }

    /// <summary>All votes are in: the verdict is a function of them alone.</summary>
    private void Decide(TimeSpan now)
    {
        var seals = _seals.OrderBy(seal => seal.Key).Select(seal => seal.Value).ToArray();
        double squaredNorm = FixedTree.Sum([.. seals.SelectMany(seal => seal.ChunkSquaredNorms)]);
        bool apply = seals.All(seal => seal.Finite) && double.IsFinite(squaredNorm);
        SkipsInRow = apply ? 0 : SkipsInRow + 1;
        if (SkipsInRow >= _policy.SkipsInRowMax) _rest = RestReason.Diverged;
        Conclude(now, new Verdict { View = View, Step = Step, Kind = apply ? VerdictKind.Apply : VerdictKind.Skip, SquaredNorm = squaredNorm }, seals[0].Reports);
    }

    /// <summary>The step is decided: tells the shards, and goes on with the next one.</summary>
    private void Conclude(TimeSpan now, Verdict verdict, ImmutableArray<SlotReport> reports)
    {
        if (_rest is not RestReason.Diverged && Step.Value + 1 >= _policy.Steps) _rest = RestReason.Finished;
        bool isDue = _policy.CheckpointInterval > 0 && (Step.Value + 1) % _policy.CheckpointInterval == 0;
        // Among skipped steps none is due: it would be no place to go back to.
        _last = verdict with { Checkpoint = (isDue && verdict.Kind == VerdictKind.Apply) || _rest is RestReason.Held or RestReason.Finished };
        _suspects.Clear(Step);
        _actions.Add(new StepAction.Persist(_last));
        AnnounceToAll(now);
        _actions.Add(new StepAction.Record(_last, reports));
        _retriesInRow = 0;
        Step = Step.Next;
        if (_rest is null) Proceed(now);
        else Phase = StepPhase.Decided;
    }

    /// <summary>A shard has voted twice with different sums: nothing collected can be trusted.</summary>
    private void Retry(TimeSpan now)
    {
        _isTorn = false;
        View = View.Next;
        _last = new Verdict { View = View, Step = Step, Kind = VerdictKind.Retry };
        if (++_retriesInRow > _policy.RetriesInRowMax) _rest = RestReason.Inconsistent;
        _actions.Add(new StepAction.Persist(_last));
        AnnounceToAll(now);
        Phase = StepPhase.Decided;
    }

    /// <summary>Rests if that is due and every shard has followed; otherwise leases the step.</summary>
    private void Proceed(TimeSpan now)
    {
        bool isOmitted = _policy.Amendments.Any(amendment => amendment.Omits(Step));
        bool mustWait = _unconfirmed.Count > 0 && (_rest is not null || _last?.Kind == VerdictKind.Retry || isOmitted);
        if (mustWait)
        {
            Phase = StepPhase.Decided;
            return;
        }
        _seals.Clear();
        _book.Reset();
        if (_rest is { } reason)
        {
            Phase = StepPhase.Idle;
            _actions.Add(new StepAction.Rest(reason));
            return;
        }
        if (isOmitted)
        {
            SkipsInRow = 0;
            Conclude(now, new Verdict { View = View, Step = Step, Kind = VerdictKind.Skip, IsAmended = true }, []);
            return;
        }
        Phase = StepPhase.Leasing;
        Lease(now);
    }

    private void Lease(TimeSpan now)
    {
        if (Phase is not (StepPhase.Leasing or StepPhase.Voting)) return;
        foreach (var (trainer, slots) in Deal(now))
            _actions.Add(new StepAction.IssueLease(trainer, new Lease { View = View, Step = Step, Slots = slots }));
    }

    private void Strike(TrainerId trainer)
    {
        foreach (var slots in _book.Remove(trainer)) _actions.Add(new StepAction.Released(trainer, slots));
    }

    private void AnnounceToAll(TimeSpan now)
    {
        foreach (var shard in Shards)
        {
            Announce(now, new ShardReplica(shard));
            if (_policy.HasBackups) Announce(now, new ShardReplica(shard, IsBackup: true));
        }
    }

    private void Announce(TimeSpan now, ShardReplica replica)
    {
        _announcedAt = now;
        _unconfirmed.Add(replica);
        _actions.Add(new StepAction.Announce(replica, _last!));
    }

    private List<StepAction> Take()
    {
        var actions = _actions;
        _actions = [];
        return actions;
    }
}
