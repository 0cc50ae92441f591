using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Runs;

/// <summary>A run's status and its recent steps.</summary>
[GenerateSerializer, Immutable, Alias("blip.RunProgress")]
public sealed record RunProgress
{
    /// <summary>Where the run stands.</summary>
    [Id(0)] public required RunStatus Status { get; init; }

    /// <summary>Decided steps after the one asked for, oldest first; those before the coordinator's window are missing.</summary>
    [Id(1)] public required ImmutableArray<StepRecord> Steps { get; init; }

    /// <summary>Samples trained per second over the coordinator's recent steps; 0 before the second step.</summary>
    [Id(2)] public required double SamplesPerSecond { get; init; }
}
