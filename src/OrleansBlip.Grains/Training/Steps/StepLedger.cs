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
internal sealed class StepLedger
{
    private StepPolicy _policy;
    private readonly LeaseBook _book;
    private readonly Dictionary<ShardIndex, Seal> _seals = [];
    private readonly HashSet<ShardIndex> _unconfirmed = [];
    private List<StepAction> _actions = [];
    private Verdict? _last;
    private RestReason? _rest;
    private TimeSpan _announcedAt;
    private int _retriesInRow;

    public StepLedger(StepPolicy policy)
    {
        _policy = policy;
        _book = new LeaseBook(new ReductionTree(policy.SlotCount));
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
    /// <param name="behind">The shards that have not.</param>
    public IReadOnlyList<StepAction> Begin(TimeSpan now, ViewNumber view, StepNumber step, int skipsInRow = 0, Verdict? last = null, params IEnumerable<ShardIndex> behind)
    {
        (View, Step, SkipsInRow, _rest, _retriesInRow) = (view, step, skipsInRow, null, 0);
        _last = last is null ? null : last with { View = view };
        _seals.Clear();
        _unconfirmed.Clear();
        foreach (var shard in behind) Announce(now, shard);
        if (step.Value >= _policy.Steps) _rest = RestReason.Finished;
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
        if (failures >= _policy.FailuresInRowMax)
        {
            Strike(report.Trainer);
            _actions.Add(new StepAction.Expel(report.Trainer, report.Problem ?? "It failed without saying why."));
        }
        Lease(now);
        return Take();
    }

    /// <summary>A shard votes.</summary>
    public IReadOnlyList<StepAction> Sealed(TimeSpan now, Seal seal)
    {
        if (seal.View != View) return [];
        if (_last is not null && seal.Step == _last.Step && _unconfirmed.Contains(seal.Shard)) Announce(now, seal.Shard);
        if (Phase is not (StepPhase.Leasing or StepPhase.Voting) || seal.Step != Step) return Take();

        if (_seals.TryGetValue(seal.Shard, out var before) && before.Digest != seal.Digest) return Retry(now);
        _seals[seal.Shard] = seal;
        Phase = StepPhase.Voting;
        if (_seals.Count == _policy.ShardCount) Decide(now);
        return Take();
    }

    /// <summary>A shard has carried out the verdict that led to <paramref name="version"/>.</summary>
    public IReadOnlyList<StepAction> Confirmed(TimeSpan now, ShardIndex shard, ViewNumber view, StepNumber version)
    {
        if (view != View || version != _last?.NextStep || !_unconfirmed.Remove(shard)) return [];
        if (Phase == StepPhase.Decided) Proceed(now);
        return Take();
    }

    /// <summary>Time has passed: leases that are late go to idle trainers too, verdicts that are not confirmed are sent again.</summary>
    public IReadOnlyList<StepAction> Tick(TimeSpan now)
    {
        if (_unconfirmed.Count > 0 && now - _announcedAt >= _policy.ResendInterval)
            foreach (var shard in _unconfirmed.Order().ToArray()) Announce(now, shard);
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
        StepPhase.Leasing or StepPhase.Voting => $"the votes on step {Step} of shards {Listed(shard => !_seals.ContainsKey(shard))}",
        StepPhase.Decided => $"shards {Listed(_unconfirmed.Contains)} to carry out the verdict on step {_last!.Step}",
        _ => null,
    };

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
        _actions.Add(new StepAction.Persist(_last));
        AnnounceToAll(now);
        _actions.Add(new StepAction.Record(_last, reports));
        _retriesInRow = 0;
        Step = Step.Next;
        if (_rest is null) Proceed(now);
        else Phase = StepPhase.Decided;
    }

    /// <summary>A shard has voted twice with different sums: nothing collected can be trusted.</summary>
    private IReadOnlyList<StepAction> Retry(TimeSpan now)
    {
        View = View.Next;
        _last = new Verdict { View = View, Step = Step, Kind = VerdictKind.Retry };
        if (++_retriesInRow > _policy.RetriesInRowMax) _rest = RestReason.Inconsistent;
        _actions.Add(new StepAction.Persist(_last));
        AnnounceToAll(now);
        Phase = StepPhase.Decided;
        return Take();
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
        foreach (var (trainer, slots) in _book.Deal(now))
            _actions.Add(new StepAction.IssueLease(trainer, new Lease { View = View, Step = Step, Slots = slots }));
    }

    private void Strike(TrainerId trainer)
    {
        foreach (var slots in _book.Remove(trainer)) _actions.Add(new StepAction.Released(trainer, slots));
    }

    private void AnnounceToAll(TimeSpan now)
    {
        for (int shard = 0; shard < _policy.ShardCount; shard++) Announce(now, new ShardIndex(shard));
    }

    private void Announce(TimeSpan now, ShardIndex shard)
    {
        _announcedAt = now;
        _unconfirmed.Add(shard);
        _actions.Add(new StepAction.Announce(shard, _last!));
    }

    private string Listed(Func<ShardIndex, bool> which) =>
        string.Join(", ", Enumerable.Range(0, _policy.ShardCount).Select(shard => new ShardIndex(shard)).Where(which));

    private List<StepAction> Take()
    {
        var actions = _actions;
        _actions = [];
        return actions;
    }
}
