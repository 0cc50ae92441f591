using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>A shard's content at one version, copied for a checkpoint.</summary>
internal sealed record ShardSnapshot(ParameterShardState<float> Parameters, ImmutableArray<TensorData>? Queue)
{
    /// <summary>Writes and verifies the shard's objects.</summary>
    public ImmutableArray<CheckpointObject> Write(CheckpointStore store, StepNumber version)
    {
        var parameters = Checkpoint.PutShard(store, version.Value, Parameters);
        return Queue is { } queue ? [parameters, Checkpoint.PutQueue(store, version.Value, queue)] : [parameters];
    }
}
