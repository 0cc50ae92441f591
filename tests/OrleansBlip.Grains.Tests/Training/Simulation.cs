using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>
/// A coordinator, its shards and its trainers on a network that loses, doubles, delays, reorders and damages messages, while trainers and the
/// coordinator die and come back: all of it decided by one seed.
/// </summary>
internal sealed class Simulation : ISimulatedRun
{
    private readonly Random _random;
    private readonly ReductionTree _tree;
    private readonly SimulatedGradients _gradients;
    private readonly long _steps;
    private readonly List<(Action Message, Action? Lost)> _network = [];
    private readonly LedgerShard[] _shards;
    private readonly SimulatedTrainer[] _trainers;
    private StepLedger _ledger = null!;
    private TimeSpan _now;
    private readonly List<Amendment> _amendments = [];
    private ImmutableArray<SuspectSlot> _suspects = [];
    private int _mischiefLeft;

    // What storage holds: the fence, the step decided last, its verdict.
    private ViewNumber _durableView;
    private Verdict? _durable;
    private int _durableSkips;

    public Simulation(int seed)
    {
        _random = new Random(seed);
        Slots = _random.Next(1, 12);
        _gradients = new SimulatedGradients(Slots);
        _tree = new ReductionTree(Slots);
        _steps = _random.Next(1, 6);
        _mischiefLeft = _random.Next(0, 120);
        if (_random.Next(3) == 0) _amendments.Add(new Amendment { From = new StepNumber(_random.NextInt64(_steps)), End = new StepNumber(_random.NextInt64(_steps) + 1), Reason = "a test" });
        _shards = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new LedgerShard(_tree))];
        _trainers = [.. Enumerable.Range(0, _random.Next(1, 5)).Select(i => new SimulatedTrainer(Names.Trainer(((char)('a' + i)).ToString()), this))];
    }

    public int Slots { get; }

    public bool IsFinished { get; private set; }

    /// <summary>Verdicts in the order in which they became durable.</summary>
    public List<Verdict> Decided { get; } = [];

    public IReadOnlyList<LedgerShard> Shards => _shards;

    public long Steps => _steps;

    public int ShardCount => _shards.Length;

    public float[] Gradient(StepNumber step, int slot, int shard) => _gradients.Of(step, slot, shard);

    public float[]? Sum(StepNumber step, int shard) => _gradients.Sum(step, shard);

    public bool IsPoisoned(StepNumber step) => _gradients.IsPoisoned(step);

    public bool IsOmitted(StepNumber step) => _amendments.Exists(amendment => amendment.Omits(step));

    public void Run()
    {
        StartCoordinator();
        for (int turn = 0; !IsFinished; turn++)
        {
            Assert.True(turn < 200_000, "The run does not come to an end.");
            _now += TimeSpan.FromMilliseconds(_random.Next(1, 50));
            int choice = _random.Next(100);
            if (choice < 2) KillSomebody();
            else if (choice < 12) Do(_ledger.Tick(_now));
            else if (choice < 30) _trainers[_random.Next(_trainers.Length)].Turn();
            else DeliverSomething();
        }
    }

    /// <summary>Puts a message on the network; <paramref name="lost"/> is what the sender does once it knows that it got lost.</summary>
    public void Send(Action message, Action? lost = null) => _network.Add((message, lost));

    /// <summary>Puts a message on the network that its sender repeats until it has arrived.</summary>
    public void Insist(Action message) => Send(message, () => Insist(message));

    public bool Mischief(int percent) => _mischiefLeft > 0 && _random.Next(100) < percent && _mischiefLeft-- > 0;

    public void Push(SimulatedTrainer trainer, Lease lease, TreeNode node, int shard, float[] sum) => Send(() =>
    {
        bool corrupt = Mischief(5);
        var answer = _shards[shard].Push(node, corrupt ? [.. sum.Select(value => value + 1)] : sum, lease.View, lease.Step, trainer.Id, trainer.Life, corrupt);
        Assert.True(lease.View == answer.View || answer.Outcome == PushOutcome.Fenced, "A block of another view was not refused.");
        var life = trainer.Life;
        Send(() => trainer.Answered(life, lease, node, shard, answer));
        if (_shards[shard].IsSealed && answer.IsHeld) Vote(shard);
    });

    public void Report(LeaseReport report) => Insist(() => Do(_ledger.LeaseEnded(_now, report)));

    private void DeliverSomething()
    {
        if (_network.Count == 0) return;
        int index = _random.Next(_network.Count);
        var (message, lost) = _network[index];
        if (!Mischief(8)) _network.RemoveAt(index);
        if (!Mischief(8)) message();
        else lost?.Invoke();
    }

    private void KillSomebody()
    {
        if (!Mischief(100)) return;
        if (_random.Next(3) == 0) StartCoordinator();
        else
        {
            var trainer = _trainers[_random.Next(_trainers.Length)];
            trainer.Die();
            Do(_ledger.NodeDied(trainer.Id.Node));
            Do(_ledger.TrainerLost(_now, trainer.Id));
            var life = trainer.Life;
            Insist(() => Do(_ledger.TrainerReady(_now, trainer.Id, life)));
        }
    }

    /// <summary>A coordinator starts from what is durable: it raises the fence, hears where the shards stand and goes on.</summary>
    private void StartCoordinator()
    {
        _durableView = _durableView.Next;
        _ledger = new StepLedger(new StepPolicy { SlotCount = Slots, ShardCount = _shards.Length, Steps = _steps, SkipsInRowMax = 100, Amendments = [.. _amendments], QuarantinesMax = 3, Suspects = _suspects });
        var next = _durable?.NextStep ?? new StepNumber(0);
        List<OpenReplica> open = [];
        for (int shard = 0; shard < _shards.Length; shard++)
        {
            Assert.NotNull(_shards[shard].Ledger.Reopen(_durableView));
            if (_shards[shard].Ledger.Step >= next) Assert.Equal(next, _shards[shard].Ledger.Step);
            open.Add(new OpenReplica(new ShardReplica(new ShardIndex(shard)), _shards[shard].Ledger.Step));
            if (_shards[shard].IsSealed) Vote(shard);
        }
        Do(_ledger.Begin(_now, _durableView, next, _durableSkips, _durable, open));
        foreach (var trainer in _trainers) Do(_ledger.TrainerReady(_now, trainer.Id, trainer.Life));
    }

    private void Vote(int shard)
    {
        var ledger = _shards[shard].Ledger;
        float[] sum = _shards[shard].RootSum();
        var seal = new Seal
        {
            View = ledger.View,
            Step = ledger.Step,
            Shard = new ShardIndex(shard),
            ChunkSquaredNorms = [sum.Sum(value => (double)value * value)],
            Finite = sum.All(float.IsFinite),
            Digest = (ulong)sum.Aggregate(17L, (hash, value) => hash * 31 + BitConverter.SingleToInt32Bits(value)),
        };
        Insist(() => Do(_ledger.Sealed(_now, seal)));
    }

    /// <summary>Carries actions out; a coordinator may die before any of them.</summary>
    private void Do(IReadOnlyList<StepAction> actions)
    {
        foreach (var action in actions)
        {
            if (Mischief(1))
            {
                StartCoordinator();
                return;
            }
            switch (action)
            {
                case StepAction.Persist persist:
                    _durable = persist.Verdict;
                    _durableView = persist.Verdict.View;
                    _durableSkips = _ledger.SkipsInRow;
                    Decided.Add(persist.Verdict);
                    break;
                case StepAction.Suspect suspect:
                    _suspects = suspect.Slots;
                    break;
                case StepAction.Quarantine quarantine:
                    // Of a slot of the same numbers: here only matters that the run goes on.
                    _amendments.Add(new Amendment { From = quarantine.Step, End = new StepNumber(_steps), Slot = quarantine.Slot, Reason = quarantine.Reason });
                    StartCoordinator();
                    return;
                case StepAction.Announce announce:
                    Assert.Equal(_durable! with { View = announce.Verdict.View }, announce.Verdict);
                    Announce(announce);
                    break;
                case StepAction.IssueLease issue:
                    Issue(issue);
                    break;
                case StepAction.Rest rest:
                    Assert.Equal(RestReason.Finished, rest.Reason);
                    IsFinished = true;
                    break;
            }
        }
    }

    private void Issue(StepAction.IssueLease issue)
    {
        var trainer = _trainers.Single(trainer => trainer.Id == issue.Trainer);
        Send(() => trainer.Take(issue.Lease), () =>
        {
            Do(_ledger.TrainerLost(_now, trainer.Id));
            Do(_ledger.TrainerReady(_now, trainer.Id, trainer.Life));
        });
    }

    private void Announce(StepAction.Announce announce) => Send(() =>
    {
        var outcome = _shards[announce.Replica.Shard.Value].Decide(announce.Verdict);
        if (outcome != VerdictOutcome.Done) return;
        Send(() => Do(_ledger.Confirmed(_now, announce.Replica, announce.Verdict.View, announce.Verdict.NextStep)));
    });
}
