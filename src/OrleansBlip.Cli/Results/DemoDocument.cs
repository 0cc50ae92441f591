using System.Collections.Immutable;

namespace OrleansBlip.Cli.Results;

/// <summary>What <c>demo --json</c> prints. Names and meanings are a contract: only additions are allowed.</summary>
internal sealed record DemoDocument
{
    /// <summary>First seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Optimizer steps of each pre-training.</summary>
    public required long Steps { get; init; }

    /// <summary>Samples per second of pre-training, all devices together.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>Shares of untrue texts.</summary>
    public required NoiseResult Noise { get; init; }

    /// <summary>How well the filter tells true texts from untrue ones.</summary>
    public required FilterResult Filter { get; init; }

    /// <summary>One entry for each arm, with the first seed.</summary>
    public required ImmutableArray<ArmResult> Arms { get; init; }

    /// <summary>Wall time of this command: of a job that was gone on with, its last part.</summary>
    public required double WallSeconds { get; init; }
}
