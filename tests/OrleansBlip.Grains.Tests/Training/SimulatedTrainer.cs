using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>A trainer in a simulation: it sums its slots, pushes until each shard has answered, and reports.</summary>
internal sealed class SimulatedTrainer(TrainerId id, ISimulatedRun simulation)
{
    private readonly Queue<Lease> _leases = new();
    private readonly Dictionary<(TreeNode Node, int Shard), float[]> _unanswered = [];
    private Lease? _current;
    private int _lives = 1;

    public TrainerId Id { get; } = id;

    public Incarnation Life => Names.Life(_lives);

    public void Take(Lease lease) => _leases.Enqueue(lease);

    public void Die()
    {
        _lives++;
        _leases.Clear();
        _unanswered.Clear();
        _current = null;
    }

    /// <summary>The trainer gets some time: it begins a lease, or sends again what has not been answered.</summary>
    public void Turn()
    {
        if (_current is null && _leases.TryDequeue(out _current)) Compute(_current);
        if (_current is null) return;
        foreach (var ((node, shard), sum) in _unanswered) simulation.Push(this, _current, node, shard, sum);
    }

    public void Answered(Incarnation life, Lease lease, TreeNode node, int shard, PushAnswer answer)
    {
        if (life != Life || _current != lease || answer.Outcome == PushOutcome.BadChecksum) return;
        if (!answer.IsHeld) End(LeaseOutcome.Overtaken);
        else if (_unanswered.Remove((node, shard)) && _unanswered.Count == 0) End(LeaseOutcome.Done);
    }

    private void Compute(Lease lease)
    {
        var tree = new ReductionTree(simulation.Slots);
        for (int shard = 0; shard < simulation.ShardCount; shard++)
        {
            var sums = new PartialSums(tree, GradientPrecision.Float32, recycle: _ => { });
            for (int slot = lease.Slots.Start; slot < lease.Slots.End; slot++) sums.Add(slot, simulation.Gradient(lease.Step, slot, shard));
            foreach (var (node, sum) in sums.TakeAll()) _unanswered.Add((node, shard), sum);
        }
    }

    private void End(LeaseOutcome outcome)
    {
        simulation.Report(new LeaseReport
        {
            View = _current!.View,
            Step = _current.Step,
            Slots = _current.Slots,
            Trainer = Id,
            Incarnation = Life,
            Outcome = outcome,
            Compute = TimeSpan.FromMilliseconds(100),
        });
        _unanswered.Clear();
        _current = null;
    }
}
