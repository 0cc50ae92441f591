using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training;

/// <summary>What a run takes that can be told without running it: sizes from its model, traffic from its leases.</summary>
public sealed record TrainingEstimate
{
    /// <summary>Trained elements (P).</summary>
    public required long Parameters { get; init; }

    /// <summary>Elements with a momentum copy (M).</summary>
    public required long MomentumCopies { get; init; }

    /// <summary>Bytes that the shards of all nodes hold together, their backups too: of each two versions of weights and momentum copies, two moments, a sum of gradients, two queues.</summary>
    public required long ShardBytes { get; init; }

    /// <summary>Bytes of a device on the CPU beside activations: its gradient.</summary>
    public required long DeviceBytes { get; init; }

    /// <summary>Bytes of what a node's devices read: weights, momentum copies and queue.</summary>
    public required long NodeBytes { get; init; }

    /// <summary>Bytes of a checkpoint.</summary>
    public required long CheckpointBytes { get; init; }

    /// <summary>Sums that the devices of a node push in a step at most: the aligned subtrees of their leases (c).</summary>
    public required int SumsOfNode { get; init; }

    /// <summary>Bytes that the node which sends most sends in a step: gradients to the other nodes' shards, its shard's version, with the queue, to the other nodes, and its shard's sum to the backup.</summary>
    public required long SentBytesMax { get; init; }

    /// <summary>Slots of the device that computes most.</summary>
    public required int SlotsOfDeviceMax { get; init; }

    /// <summary>Estimates a run on equal nodes, each with one shard.</summary>
    /// <param name="model">Its model.</param>
    /// <param name="spec">The run.</param>
    /// <param name="nodes">Nodes (n), 1 or more.</param>
    /// <param name="devicesPerNode">Devices of each, 1 or more.</param>
    /// <param name="backups">Backups of each shard, 0 or 1; a single node has none.</param>
    public static TrainingEstimate Of(RunModel model, RunSpec spec, int nodes, int devicesPerNode, int backups = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(devicesPerNode, 1);
        long parameters = model.Layout.ElementCount, momentum = model.Layout.MomentumElementCount;
        long queue = model.QueueBytes;
        int gradientBytes = spec.GradientPrecision == GradientPrecision.BFloat16 ? sizeof(ushort) : sizeof(float);
        var tree = new ReductionTree(spec.SlotCount);
        var trainers = from node in Enumerable.Range(0, nodes) from device in Enumerable.Range(0, devicesPerNode) select (new TrainerId(new NodeName($"{node:d5}"), device), 1.0);
        var plan = LeasePlanner.Plan(tree, [.. Enumerable.Range(0, spec.SlotCount)], [.. trainers]);
        int sums = plan.GroupBy(lease => lease.Trainer.Node).Max(leases => leases.Sum(lease => tree.Cover(lease.Slots).Length));
        double others = nodes - 1, share = others / nodes;
        if (nodes == 1) backups = 0;
        return new TrainingEstimate
        {
            Parameters = parameters,
            MomentumCopies = momentum,
            ShardBytes = (1 + backups) * ((5 * parameters + 2 * momentum) * sizeof(float) + 2 * queue),
            DeviceBytes = parameters * sizeof(float),
            NodeBytes = (parameters + momentum) * sizeof(float) + queue,
            CheckpointBytes = (3 * parameters + momentum) * sizeof(float) + queue,
            SumsOfNode = sums,
            SentBytesMax = (long)(share * ((double)parameters * sums * gradientBytes + (parameters + momentum) * sizeof(float)) + others * queue + backups * (double)parameters / nodes * gradientBytes),
            SlotsOfDeviceMax = plan.GroupBy(lease => lease.Trainer).Max(leases => leases.Sum(lease => lease.Slots.Count)),
        };
    }
}
