using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>What the protocol needs to know of a run's model.</summary>
public sealed record RunModel
{
    /// <summary>The flat parameter order.</summary>
    public required ParameterLayout Layout { get; init; }

    /// <summary>How gradients become weights.</summary>
    public required OptimizerSettings Optimizer { get; init; }

    /// <summary>Entries of the feature queue; 0 for a model without one.</summary>
    public int QueueCapacity { get; init; }

    /// <summary>Width of a feature (d), at least 1.</summary>
    public int QueueWidth { get; init; } = 1;

    /// <summary>Bytes of the queue when it is full: features of images and of texts, and ids.</summary>
    public long QueueBytes => QueueCapacity * (2L * QueueWidth * sizeof(float) + sizeof(long));
}
