using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>A shard's content at one version, copied for a checkpoint. Its memory serves one checkpoint after the other: left to the collector, that of several would lie about at once.</summary>
internal sealed class ShardSnapshot
{
    private readonly float[] _weights, _first, _second, _momentum;
    private ShardValues? _values;
    private ImmutableArray<TensorData>? _queue;

    /// <summary>Memory for copies of a shard.</summary>
    public ShardSnapshot(ParameterShardState<float> shard)
    {
        (_weights, _first, _second) = (Allocate(shard.Weights.Length), Allocate(shard.Weights.Length), Allocate(shard.Weights.Length));
        _momentum = Allocate(shard.Momentum.Length);
    }

    /// <summary>Copies the shard.</summary>
    public void Take(ShardContent content)
    {
        var shard = content.Parameters;
        shard.Weights.CopyTo(_weights);
        shard.FirstMoment.CopyTo(_first);
        shard.SecondMoment.CopyTo(_second);
        shard.Momentum.CopyTo(_momentum);
        _values = new ShardValues(shard.Start, shard.MomentumStart, shard.UpdateCount, _weights, _first, _second, _momentum);
        _queue = content.Queue is null ? null : [.. content.Queue.ToTensors()];
    }

    /// <summary>Writes and verifies the shard's objects.</summary>
    public ImmutableArray<CheckpointObject> Write(CheckpointStore store, StepNumber version)
    {
        var parameters = Checkpoint.PutShard(store, version.Value, _values!);
        return _queue is { } queue ? [parameters, Checkpoint.PutQueue(store, version.Value, queue)] : [parameters];
    }

    private static float[] Allocate(int length) => GC.AllocateUninitializedArray<float>(length);
}
