using System.Collections.Immutable;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>estimate</c> was asked to do; the members that <c>train</c> has too mean the same.</summary>
internal sealed record EstimateRequest
{
    public required ImmutableArray<string> Data { get; init; }

    public required string? Vocabulary { get; init; }

    public required string Family { get; init; }

    public required string Recipe { get; init; }

    public required int? Steps { get; init; }

    public required GradientPrecision GradientPrecision { get; init; }

    /// <summary>Nodes like this machine.</summary>
    public required int Nodes { get; init; }

    /// <summary>Backups of each parameter shard, 0 or 1.</summary>
    public required int Backups { get; init; }

    public required DeviceChoice Device { get; init; }
}
