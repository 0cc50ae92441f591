using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A training run less what a job finds out by itself: its data, and the weights that it starts from. The members are those of <see cref="RunSpec"/>.</summary>
[GenerateSerializer, Immutable, Alias("blip.TrainingTemplate")]
public sealed record TrainingTemplate
{
    /// <inheritdoc cref="RunSpec.Model"/>
    [Id(0)] public required string Model { get; init; }

    /// <inheritdoc cref="RunSpec.Data"/>
    [Id(1)] public required string Data { get; init; }

    /// <inheritdoc cref="RunSpec.Optimizer"/>
    [Id(2)] public required string Optimizer { get; init; }

    /// <inheritdoc cref="RunSpec.Seed"/>
    [Id(3)] public required long Seed { get; init; }

    /// <inheritdoc cref="RunSpec.Steps"/>
    [Id(4)] public required long Steps { get; init; }

    /// <inheritdoc cref="RunSpec.SlotCount"/>
    [Id(5)] public required int SlotCount { get; init; }

    /// <inheritdoc cref="RunSpec.SlotSize"/>
    [Id(6)] public required int SlotSize { get; init; }

    /// <inheritdoc cref="RunSpec.ThreadsPerDevice"/>
    [Id(7)] public int ThreadsPerDevice { get; init; } = 1;

    /// <inheritdoc cref="RunSpec.GradientPrecision"/>
    [Id(8)] public GradientPrecision GradientPrecision { get; init; }

    /// <summary>The run on some data, from some weights.</summary>
    public RunSpec On(string datasetDigest, long sampleCount, string? initialWeightsSha256) => new()
    {
        Model = Model,
        Data = Data,
        Optimizer = Optimizer,
        DatasetDigest = datasetDigest,
        SampleCount = sampleCount,
        InitialWeightsSha256 = initialWeightsSha256,
        Seed = Seed,
        Steps = Steps,
        SlotCount = SlotCount,
        SlotSize = SlotSize,
        ThreadsPerDevice = ThreadsPerDevice,
        GradientPrecision = GradientPrecision,
    };
}
