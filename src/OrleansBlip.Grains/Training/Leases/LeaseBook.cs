using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Leases;

/// <summary>Who computes which slots of the current step, and how fast each trainer is: a part of the coordinator's ledger.</summary>
internal sealed class LeaseBook(ReductionTree tree)
{
    /// <summary>Weight of the newest measurement in a trainer's speed.</summary>
    private const double SpeedGain = 0.3;

    /// <summary>A plan is kept for the next step until a speed has changed by this share: equal leases keep caches and pushes as they are.</summary>
    private const double SpeedTolerance = 0.1;

    /// <summary>
    /// What is left, step by step, of how much slower than those at work a trainer without work was when it last had some. It is tried again in the end:
    /// one bad moment would leave it idle for good.
    /// </summary>
    private const double SlownessKept = 0.97;

    private readonly SortedDictionary<TrainerId, Trainer> _trainers = [];
    private readonly List<OpenLease> _open = [];
    private readonly bool[] _done = new bool[tree.SlotCount];
    private List<(TrainerId Trainer, double SecondsPerSlot)> _plannedFor = [];
    private IReadOnlyList<(TrainerId Trainer, SlotRange Slots)> _plan = [];

    /// <summary>Trainers that take part.</summary>
    public int TrainerCount => _trainers.Count;

    /// <summary>Slots that are not done, and who was asked for them, in words.</summary>
    public string[] Undone =>
    [
        .. _open.Where(lease => !AllDone(lease.Slots)).OrderBy(lease => lease.Slots.Start).Select(lease => $"slots {lease.Slots} of {lease.Trainer}"),
        .. Enumerable.Range(0, tree.SlotCount).Where(slot => !_done[slot] && !_open.Any(lease => lease.Slots.Contains(slot))).Select(slot => $"slot {slot} of nobody"),
    ];

    /// <summary>Takes a trainer in.</summary>
    /// <returns>False if it is known in this life already.</returns>
    public bool Admit(TrainerId id, Incarnation incarnation)
    {
        if (_trainers.TryGetValue(id, out var known) && known.Incarnation == incarnation) return false;
        Remove(id);
        _trainers.Add(id, new Trainer(incarnation));
        return true;
    }

    /// <summary>Strikes a trainer and its leases out.</summary>
    /// <returns>The slots that it left undone.</returns>
    public IReadOnlyList<SlotRange> Remove(TrainerId id)
    {
        _trainers.Remove(id);
        var left = _open.Where(lease => lease.Trainer == id).Select(lease => lease.Slots).ToArray();
        _open.RemoveAll(lease => lease.Trainer == id);
        return left;
    }

    /// <summary>Whether <paramref name="id"/> takes part in this very life.</summary>
    public bool Knows(TrainerId id, Incarnation incarnation) => _trainers.TryGetValue(id, out var known) && known.Incarnation == incarnation;

    /// <summary>Whether a report on <paramref name="slots"/> is due from <paramref name="id"/>: a lease of this step, or one of a step before that was overtaken.</summary>
    public bool Awaits(TrainerId id, SlotRange slots, bool isCurrent) =>
        _trainers.TryGetValue(id, out var trainer) && (trainer.IsBehind || (isCurrent && _open.Any(lease => lease.Trainer == id && lease.Slots == slots)));

    /// <summary>A new step: nothing is done yet. Trainers that hold an overtaken lease get none before they have given it back.</summary>
    public void Reset()
    {
        foreach (var lease in _open.Where(lease => lease.IsLate && _trainers.ContainsKey(lease.Trainer))) _trainers[lease.Trainer].IsBehind = true;
        _open.Clear();
        Array.Clear(_done);
    }

    /// <summary>A report: its trainer is free again.</summary>
    /// <returns>Failures of the trainer in a row.</returns>
    public int Settle(LeaseReport report, bool isCurrent)
    {
        var trainer = _trainers[report.Trainer];
        trainer.IsBehind = false;
        trainer.FailuresInRow = report.Outcome is LeaseOutcome.Failed or LeaseOutcome.Unreadable ? trainer.FailuresInRow + 1 : 0;
        HasSeenWork |= report.Outcome == LeaseOutcome.Done;
        if (report.Outcome == LeaseOutcome.Done && report.Compute > TimeSpan.Zero)
        {
            double measured = report.Compute.TotalSeconds / report.Slots.Count;
            trainer.SecondsPerSlot = trainer.SecondsPerSlot is { } before && !trainer.IsGuessed ? before + SpeedGain * (measured - before) : measured;
            trainer.IsGuessed = false;
        }
        if (!isCurrent) return trainer.FailuresInRow;

        _open.RemoveAll(lease => lease.Trainer == report.Trainer && lease.Slots == report.Slots);
        if (report.Outcome == LeaseOutcome.Done) Array.Fill(_done, true, report.Slots.Start, report.Slots.Count);
        _open.RemoveAll(lease => !lease.IsLate && AllDone(lease.Slots));
        return trainer.FailuresInRow;
    }

    /// <summary>Whether some slot was computed since the first trainer came.</summary>
    public bool HasSeenWork { get; private set; }

    /// <summary>Deals the slots that are neither done nor with a trainer that is on time.</summary>
    /// <param name="now">Time since any fixed moment.</param>
    /// <param name="apart">Slots to deal once all others are done, in this order, each to a node that holds nothing else.</param>
    /// <param name="hasFailed">Whether a trainer has failed at one of those; it gets that slot only if nobody else can.</param>
    public IReadOnlyList<(TrainerId Trainer, SlotRange Slots)> Deal(TimeSpan now, IReadOnlyList<int>? apart = null, Func<TrainerId, int, bool>? hasFailed = null)
    {
        int[] slots = [.. Enumerable.Range(0, tree.SlotCount).Where(slot => !_done[slot] && !_open.Any(lease => !lease.IsLate && lease.Slots.Contains(slot)))];
        if (slots.Length == 0) return [];
        var able = _trainers.Where(trainer => !trainer.Value.IsBehind && !_open.Any(lease => lease.IsLate && lease.Trainer == trainer.Key)).Select(trainer => trainer.Key);
        var idle = able.Where(id => !_open.Any(lease => lease.Trainer == id)).ToArray();
        if (apart is { Count: > 0 })
        {
            int[] others = [.. slots.Except(apart)];
            if (others.Length == 0 && !Enumerable.Range(0, tree.SlotCount).Except(apart).All(slot => _done[slot])) return [];
            if (others.Length == 0) return DealApart(now, [.. apart.Intersect(slots)], idle, hasFailed!);
            slots = others;
        }
        var dealt = PlanFor(slots, idle.Length > 0 ? idle : [.. able]);
        foreach (var (trainer, range) in dealt) _open.Add(new OpenLease(trainer, range, now));
        return dealt;
    }

    /// <summary>The slots that a node's trainers hold undone.</summary>
    public int[] HeldBy(NodeName node) => [.. Enumerable.Range(0, tree.SlotCount).Where(slot => !_done[slot] && _open.Any(lease => lease.Trainer.Node == node && lease.Slots.Contains(slot)))];

    /// <summary>Whether a node may be computing nothing but <paramref name="slots"/>.</summary>
    public bool HoldsOnly(NodeName node, SlotRange slots) =>
        slots.Count == 1 && _open.All(lease => lease.Trainer.Node != node || lease.Slots == slots) && !_trainers.Any(trainer => trainer.Key.Node == node && trainer.Value.IsBehind);

    private IReadOnlyList<(TrainerId Trainer, SlotRange Slots)> DealApart(TimeSpan now, int[] slots, TrainerId[] idle, Func<TrainerId, int, bool> hasFailed)
    {
        bool isAnyoneAtWork = _open.Exists(lease => !lease.IsLate);
        var busy = _open.Select(lease => lease.Trainer.Node).Concat(_trainers.Where(trainer => trainer.Value.IsBehind).Select(trainer => trainer.Key.Node)).ToHashSet();
        List<TrainerId> free = [.. idle.Where(trainer => !busy.Contains(trainer.Node))];
        // Those who hang do not keep the others from going on.
        if (free.Count == 0 && !isAnyoneAtWork) free.AddRange(idle);
        List<(TrainerId, SlotRange)> dealt = [];
        foreach (int slot in slots)
        {
            if (free.Count == 0) break;
            var trainer = free.Find(trainer => !hasFailed(trainer, slot));
            if (trainer == default)
            {
                if (_open.Exists(lease => !lease.IsLate && !hasFailed(lease.Trainer, slot))) continue;
                trainer = free[0];
            }
            free.RemoveAll(other => other.Node == trainer.Node);
            var range = new SlotRange(slot, 1);
            dealt.Add((trainer, range));
            _open.Add(new OpenLease(trainer, range, now));
        }
        return dealt;
    }

    /// <summary>Marks leases that take much longer than the median trainer would, where somebody idle could take them over.</summary>
    /// <returns>The leases newly late.</returns>
    public IReadOnlyList<(TrainerId Trainer, SlotRange Slots)> FindLate(TimeSpan now, double factor, TimeSpan margin)
    {
        double[] speeds = [.. _trainers.Values.Where(trainer => trainer.SecondsPerSlot is not null).Select(trainer => trainer.SecondsPerSlot!.Value).Order()];
        if (speeds.Length == 0 || !_trainers.Any(trainer => !trainer.Value.IsBehind && _open.All(lease => lease.Trainer != trainer.Key))) return [];
        double median = speeds[(speeds.Length - 1) / 2];
        List<(TrainerId, SlotRange)> late = [];
        foreach (var lease in _open.Where(lease => !lease.IsLate && now - lease.IssuedAt > TimeSpan.FromSeconds(factor * median * lease.Slots.Count) + margin))
        {
            lease.IsLate = true;
            late.Add((lease.Trainer, lease.Slots));
        }
        return late;
    }

    private bool AllDone(SlotRange slots) => !Array.Exists(_done[slots.Start..slots.End], done => !done);

    private IReadOnlyList<(TrainerId Trainer, SlotRange Slots)> PlanFor(int[] slots, TrainerId[] trainers)
    {
        double unknown = _trainers.Values.Where(trainer => trainer.SecondsPerSlot is not null).Select(trainer => trainer.SecondsPerSlot!.Value).DefaultIfEmpty(1).Average();
        List<(TrainerId Trainer, double SecondsPerSlot)> speeds = [.. trainers.Select(id => (id, _trainers[id].SecondsPerSlot ?? unknown))];
        if (slots.Length < tree.SlotCount) return LeasePlanner.Plan(tree, slots, speeds);
        bool isSame = speeds.Count == _plannedFor.Count && speeds.Zip(_plannedFor).All(pair =>
            pair.First.Trainer == pair.Second.Trainer && Math.Abs(pair.First.SecondsPerSlot - pair.Second.SecondsPerSlot) <= SpeedTolerance * pair.Second.SecondsPerSlot);
        if (!isSame) (_plannedFor, _plan) = (speeds, LeasePlanner.Plan(tree, slots, speeds));
        ForgetSlownessOfIdle(speeds);
        return _plan;
    }

    private void ForgetSlownessOfIdle(List<(TrainerId Trainer, double SecondsPerSlot)> speeds)
    {
        var atWork = _plan.Select(lease => lease.Trainer).ToHashSet();
        if (atWork.Count == 0) return;
        double usual = speeds.Where(speed => atWork.Contains(speed.Trainer)).Average(speed => speed.SecondsPerSlot);
        foreach (var (id, seconds) in speeds.Where(speed => !atWork.Contains(speed.Trainer) && _trainers[speed.Trainer].SecondsPerSlot > usual))
            (_trainers[id].SecondsPerSlot, _trainers[id].IsGuessed) = (usual + SlownessKept * (seconds - usual), true);
    }

    private sealed class Trainer(Incarnation incarnation)
    {
        public Incarnation Incarnation { get; } = incarnation;

        public double? SecondsPerSlot { get; set; }

        /// <summary>Whether the speed is no measurement any more.</summary>
        public bool IsGuessed { get; set; }

        public int FailuresInRow { get; set; }

        public bool IsBehind { get; set; }
    }

    private sealed class OpenLease(TrainerId trainer, SlotRange slots, TimeSpan issuedAt)
    {
        public TrainerId Trainer { get; } = trainer;

        public SlotRange Slots { get; } = slots;

        public TimeSpan IssuedAt { get; } = issuedAt;

        public bool IsLate { get; set; }
    }
}
