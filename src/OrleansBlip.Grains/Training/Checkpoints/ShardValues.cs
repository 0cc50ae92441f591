using OrleansBlip.Model.Optimization;

namespace OrleansBlip.Grains.Training.Checkpoints;

/// <summary>A parameter shard's numbers, as a checkpoint holds them.</summary>
/// <param name="Start">First element of the range in the flat parameter order.</param>
/// <param name="MomentumStart">First element of its part of the momentum vector.</param>
/// <param name="UpdateCount">Updates applied so far.</param>
/// <param name="Weights">The range's weights.</param>
/// <param name="FirstMoment">Mean of gradients, as many.</param>
/// <param name="SecondMoment">Mean of squared gradients, as many.</param>
/// <param name="Momentum">Momentum weights of its part of the momentum vector.</param>
public sealed record ShardValues(
    long Start, long MomentumStart, long UpdateCount, ReadOnlyMemory<float> Weights, ReadOnlyMemory<float> FirstMoment, ReadOnlyMemory<float> SecondMoment, ReadOnlyMemory<float> Momentum)
{
    /// <summary>Those of a shard, in its own memory.</summary>
    public static ShardValues Of(ParameterShardState<float> shard) =>
        new(shard.Start, shard.MomentumStart, shard.UpdateCount, shard.Weights, shard.FirstMoment, shard.SecondMoment, shard.Momentum);
}
