using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>
/// A whole run on nodes that die, or leave when they may, and come back with nothing, or lose a shard without a word, on a network that loses, doubles, delays, reorders and damages messages, its coordinator dying too: all of it decided by one
/// seed. The run's ledger decides who owns what, and who backs it up.
/// </summary>
internal sealed partial class ClusterSimulation : ISimulatedRun
{
    private readonly Random _random;
    private readonly ReductionTree _tree;
    private readonly SimulatedGradients _gradients;
    private readonly RunRequest _request;
    private readonly SimulatedNode[] _nodes;
    private readonly List<(Action Message, Action? Lost)> _network = [];
    private readonly Dictionary<(StepNumber Version, ShardIndex Shard), float[]?[]> _written = [];
    private readonly SortedDictionary<long, float[]?[][]> _checkpoints = [];
    private RunLedger _ledger = null!;
    private RunRecord _stored = new();
    private TimeSpan _now;
    private int _mischiefLeft;
    private int _searches;
    private SimulatedNode? _leaver;

    public ClusterSimulation(int seed)
    {
        _random = new Random(seed);
        Slots = _random.Next(1, 9);
        ShardCount = _random.Next(1, 4);
        _tree = new ReductionTree(Slots);
        _gradients = new SimulatedGradients(Slots);
        _mischiefLeft = _random.Next(0, 60);
        _nodes = [.. Enumerable.Range(0, _random.Next(2, 5)).Select(i => new SimulatedNode(((char)('a' + i)).ToString(), this))];
        _request = new RunRequest
        {
            Spec = PlainRun.Spec with { SampleCount = 1, Steps = _random.Next(1, 7), SlotCount = Slots },
            CheckpointFolder = "checkpoints",
            CheckpointInterval = _random.Next(0, 3),
            ShardCount = ShardCount,
            SkipsInRowMax = 100,
            Backups = _random.Next(5) == 0 ? 0 : 1,
        };
    }

    public int Slots { get; }

    public int ShardCount { get; }

    public long Steps => _request.Spec.Steps;

    /// <summary>Verdicts in the order in which they became durable.</summary>
    public List<Verdict> Decided { get; } = [];

    /// <summary>How often the run went back to a checkpoint.</summary>
    public int Restores => _searches - 1;

    /// <summary>Whether some shard was lost at its owner and its backup, or went to another node by way of a checkpoint.</summary>
    public bool MayRestore { get; private set; }

    /// <summary>How many nodes and coordinators were lost, instead of leaving.</summary>
    public int Losses { get; private set; }

    /// <summary>What owners and backups held when the run came to rest.</summary>
    public List<(int Shard, List<float[]?> History)> Final { get; } = [];

    private bool IsOver => _ledger.Record.State is RunState.Completed or RunState.Failed or RunState.Diverged;

    private RosterNode[] Alive => [.. _nodes.Where(node => node.IsAlive).Select(node => node.Roster)];

    public float[] Gradient(StepNumber step, int slot, int shard) => _gradients.Of(step, slot, shard);

    public float[]? Sum(StepNumber step, int shard) => _gradients.Sum(step, shard);

    public void Run()
    {
        StartCoordinator();
        Do(_ledger.Start(_request));
        for (int turn = 0; !IsOver; turn++)
        {
            Assert.True(turn < 200_000, $"The run does not come to an end: {_ledger.Status}, it awaits {_ledger.Awaited}.");
            _now += TimeSpan.FromMilliseconds(_random.Next(1, 50));
            int choice = _random.Next(100);
            if (choice < 2) KillSomebody();
            else if (choice < 12) Look();
            else if (choice < 30) Turn(_nodes[_random.Next(_nodes.Length)]);
            else DeliverSomething();
        }
        Assert.True(_ledger.Record.State == RunState.Completed, $"{_ledger.Status}");
    }

    public void Push(SimulatedTrainer trainer, Lease lease, TreeNode node, int shard, float[] sum)
    {
        // A trainer asks the owners that its assignment named; those of another view are refused anyway.
        var index = new ShardIndex(shard);
        if (_stored.Owners.IsEmpty) return;
        Send(() =>
        {
            if (_stored.Owners.IsEmpty || Find(_stored.Owners[shard].Value, index) is not { } held) return;
            bool corrupt = Mischief(5);
            var answer = held.Push(node, corrupt ? [.. sum.Select(value => value + 1)] : sum, lease.View, lease.Step, trainer.Id, trainer.Life, corrupt);
            Assert.True(lease.View == answer.View || answer.Outcome == PushOutcome.Fenced, "A block of another view was not refused.");
            var life = trainer.Life;
            Send(() => trainer.Answered(life, lease, node, shard, answer));
            Serve(held, index, _stored.Owners[shard].Value);
        });
    }

    public void Report(LeaseReport report) => Insist(() => Do(_ledger.LeaseEnded(_now, report)));

    private void Send(Action message, Action? lost = null) => _network.Add((message, lost));

    private void Insist(Action message) => Send(message, () => Insist(message));

    private bool Mischief(int percent) => _mischiefLeft > 0 && _random.Next(100) < percent && _mischiefLeft-- > 0;

    private LedgerShard? Find(string node, ShardIndex shard) => NodeOf(node) is { IsAlive: true } found ? found.Shards.GetValueOrDefault(shard) : null;

    private SimulatedNode NodeOf(string name) => _nodes.Single(node => node.Name.Value == name);

    private void Look()
    {
        // A coordinator that died before anything was durable knows of no run; its client asks again.
        if (_ledger.Record.Request is null) Do(_ledger.Start(_request));
        if (_random.Next(50) == 0) Do(_ledger.Stalled(_now));
        Do(_ledger.NodesChanged(_now, Alive));
        Do(_ledger.Tick(_now));
        Leave();
        var dead = _nodes.Where(node => !node.IsAlive).ToArray();
        if (dead.Length > 0 && _random.Next(3) == 0) dead[_random.Next(dead.Length)].Return();
    }

    /// <summary>A node asks to be let go, as often as it takes, and ends once it is.</summary>
    private void Leave()
    {
        if (_leaver is null && _random.Next(40) == 0) _leaver = _nodes[_random.Next(_nodes.Length)];
        if (_leaver is not { IsAlive: true } || _nodes.Count(node => node.IsAlive) == 1)
        {
            // What it asked for may be granted all the same.
            MayRestore |= _leaver is not null;
            _leaver = null;
            return;
        }
        Do(_ledger.NodeLeaves(_now, _leaver.Name));
        if (_ledger.Record.Request is null || _ledger.CountsOn(_leaver.Name)) return;
        MayRestore = true;
        _leaver.Die();
        _leaver = null;
    }

    private void Turn(SimulatedNode node)
    {
        if (node.IsAlive) node.Trainer.Turn();
    }

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
        int choice = _random.Next(5);
        if (choice == 4) Forget(_nodes[_random.Next(_nodes.Length)]);
        else if (choice > 0)
        {
            foreach (var node in _random.GetItems(_nodes, choice == 2 ? 2 : 1).Distinct())
                if (_nodes.Count(other => other.IsAlive) > 1 && node.IsAlive) Kill(node);
        }
        if (choice is 0 or 3) StartCoordinator();
    }

    private void Kill(SimulatedNode node)
    {
        node.Die();
        Losses++;
        NoteLosses();
    }

    /// <summary>A node that lives on has lost a shard, and nobody is told.</summary>
    private void Forget(SimulatedNode node)
    {
        if (_stored.IsOpening || node.Shards.Count == 0) return;
        node.Shards.Remove(node.Shards.Keys.Order().ElementAt(_random.Next(node.Shards.Count)));
        Losses++;
        NoteLosses();
    }

    /// <summary>Notes whether some shard is held by nobody now, or may be.</summary>
    private void NoteLosses()
    {
        var placement = _stored.Placement;
        bool IsHeld(ShardReplica replica) => Find(placement[replica].Value, replica.Shard) is { } held && held.Ledger.View.Value >= _stored.View.Value - 1;
        // While shards are opened, what they hold counts only once the coordinator has heard it.
        MayRestore |= _stored.IsOpening || placement.Replicas.GroupBy(replica => replica.Shard).Any(shard => !shard.Any(IsHeld));
    }

    private void StartCoordinator()
    {
        if (_stored.Request is not null)
        {
            NoteLosses();
            Losses++;
        }
        _ledger = new RunLedger(_stored);
        Do(_ledger.Recover(_now, Alive));
    }
}
