using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>What a shard holds between steps: its range of weights, moments and momentum copies, and the feature queue where it is the lead shard.</summary>
/// <param name="Parameters">The range.</param>
/// <param name="Queue">The queue; null in other shards and where the model has none.</param>
internal sealed record ShardContent(ParameterShardState<float> Parameters, FeatureQueue? Queue)
{
    private ShardSnapshot? _spare;

    /// <summary>A shard of a run's initial weights. Version 0 has its own weights averaged into its momentum copies already, as every version has.</summary>
    public static ShardContent OfInitial(RunModel model, RunSpec spec, InitialParameters initial, ShardIndex shard, int shardCount)
    {
        var (start, end) = ShardPartition.RangeOf(shard, shardCount, model);
        var (momentumStart, momentumEnd) = ParameterShardState<float>.MomentumRange(model.Layout, start, end);
        var weights = initial.Weights.Span[(int)start..(int)end];
        var momentum = initial.Momentum.Span[(int)momentumStart..(int)momentumEnd];
        var state = new ParameterShardState<float>(model.Layout, start, end, model.Optimizer.Decay, weights, momentum);
        state.AverageInitialWeights(model.Optimizer.Momentum.At(0, new RunLength(spec.Steps, spec.StepsPerEpoch)));
        return new(state, IsWithQueue(model, shard) ? new FeatureQueue(model.QueueCapacity, model.QueueWidth) : null);
    }

    /// <summary>A shard of a checkpoint, however that one was sharded.</summary>
    public static ShardContent OfCheckpoint(RunModel model, Checkpoint checkpoint, ShardIndex shard, int shardCount)
    {
        var (start, end) = ShardPartition.RangeOf(shard, shardCount, model);
        return new(checkpoint.ReadShard(model.Layout, start, end, model.Optimizer.Decay), IsWithQueue(model, shard) ? checkpoint.ReadQueue() : null);
    }

    /// <summary>A copy that stays as it is while the shard moves on; to be given back by <see cref="Return"/>.</summary>
    public ShardSnapshot Copy()
    {
        var snapshot = Interlocked.Exchange(ref _spare, null) ?? new ShardSnapshot(Parameters);
        snapshot.Take(this);
        return snapshot;
    }

    /// <summary>Takes a copy back that nobody reads any more.</summary>
    public void Return(ShardSnapshot snapshot) => Volatile.Write(ref _spare, snapshot);

    /// <summary>Whether the shard holds the feature queue.</summary>
    public static bool IsWithQueue(RunModel model, ShardIndex shard) => model.QueueCapacity > 0 && shard == ShardIndex.Lead;
}
