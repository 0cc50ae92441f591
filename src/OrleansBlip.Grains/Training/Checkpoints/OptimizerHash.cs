using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Grains.Training.Checkpoints;

/// <summary>The identity of what a run learns with beside its weights: both moments, Adam's count and the feature queue, hashed as <see cref="WeightsHash"/> does.</summary>
internal static class OptimizerHash
{
    /// <summary>The hash of a whole flat vector's optimizer.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Of(ParameterShardState<float> whole, FeatureQueue? queue) => WeightsHash.Of(
    [
        TensorData.Of("first_moment", whole.FirstMoment, whole.FirstMoment.Length),
        TensorData.Of("second_moment", whole.SecondMoment, whole.SecondMoment.Length),
        TensorData.Of<long>("update_count", new[] { whole.UpdateCount }, 1),
        .. queue?.ToTensors() ?? [],
    ]);
}
