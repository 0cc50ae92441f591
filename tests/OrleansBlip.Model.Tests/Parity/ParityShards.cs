using System.Numerics;
using System.Runtime.InteropServices;
using OrleansBlip.Model.Optimization;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>The parameters of a model as shards hold them, which average and apply, and from which the model takes its versions.</summary>
internal sealed class ParityShards<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly BlipModel _model;
    private readonly ParameterShardState<T>[] _shards;

    /// <summary>Takes over a model's weights and averages them, as every run begins.</summary>
    public ParityShards(BlipModel model, double momentum)
    {
        _model = model;
        long count = model.Layout.ElementCount, size = ParameterShardState<T>.ChunkElements;
        _shards = [.. Enumerable.Range(0, (int)((count + size - 1) / size)).Select(shard => Shard(shard * size, Math.Min(count, (shard + 1) * size)))];
        foreach (var shard in _shards) shard.AverageInitialWeights(momentum);
        PublishMomentum();
    }

    /// <summary>Makes the next version, of which the model takes the weights.</summary>
    public void Apply(torch.Tensor gradient, AdamWStep step)
    {
        foreach (var shard in _shards)
        {
            shard.Apply(Elements(gradient)[(int)shard.Start..(int)shard.End], step);
            shard.Weights.Span.CopyTo(Elements(_model.Weights)[(int)shard.Start..]);
        }
    }

    /// <summary>Lets the model take the version's averages.</summary>
    public void PublishMomentum()
    {
        foreach (var shard in _shards) shard.Momentum.Span.CopyTo(Elements(_model.Momentum)[(int)shard.MomentumStart..]);
    }

    private ParameterShardState<T> Shard(long start, long end)
    {
        var (first, last) = ParameterShardState<T>.MomentumRange(_model.Layout, start, end);
        return new ParameterShardState<T>(
            _model.Layout, start, end, DecayRule.All, Elements(_model.Weights)[(int)start..(int)end], Elements(_model.Momentum)[(int)first..(int)last]);
    }

    private static Span<T> Elements(torch.Tensor flat) => MemoryMarshal.Cast<byte, T>(flat.bytes);
}
