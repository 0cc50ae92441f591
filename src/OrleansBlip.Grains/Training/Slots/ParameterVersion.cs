using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>A version of the parameters as a trainer receives it: the blocks of all shards, in shard order, which together are the whole vector.</summary>
/// <param name="View">The view under which it was pulled.</param>
/// <param name="Step">The step that trains it.</param>
/// <param name="Blocks">The shards' blocks.</param>
public sealed record ParameterVersion(ViewNumber View, StepNumber Step, ImmutableArray<ParameterBlock> Blocks)
{
    /// <summary>What of it is still on its way; null where all of it is here.</summary>
    internal VersionArrival? Arrival { get; init; }

    /// <summary>The feature queue; null for a model without one.</summary>
    public QueueBlock? Queue => Blocks[0].Queue;

    /// <summary>Copies the flat parameter vector to <paramref name="destination"/>, which has its length; waits until all of it has come.</summary>
    /// <exception cref="ParametersLostException">It will not come.</exception>
    public void CopyWeightsTo(Span<float> destination)
    {
        Arrival?.AwaitAll();
        foreach (var block in Blocks) Copy(block.Weights.Span, destination.Slice((int)block.WeightStart, block.Weights.Span.Length));
    }

    /// <summary>Copies the momentum vector to <paramref name="destination"/>, which has its length; waits until all of it has come.</summary>
    /// <exception cref="ParametersLostException">It will not come.</exception>
    public void CopyMomentumTo(Span<float> destination)
    {
        Arrival?.AwaitAll();
        foreach (var block in Blocks) Copy(block.Momentum.Span, destination.Slice((int)block.MomentumStart, block.Momentum.Span.Length));
    }

    // By all cores: a node's devices wait for it.
    private static void Copy(ReadOnlySpan<float> block, Span<float> destination) =>
        SpanPass.Run(destination, block, Environment.ProcessorCount, (target, source) => source.CopyTo(target));
}
