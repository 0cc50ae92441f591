using System.Collections.Immutable;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Nodes;

/// <summary>What a node offers to runs.</summary>
[GenerateSerializer, Immutable, Alias("blip.NodeDescription")]
public sealed record NodeDescription
{
    /// <summary>The node.</summary>
    [Id(0)] public required NodeName Name { get; init; }

    /// <summary>Devices that compute slots: GPUs, or groups of cores on a CPU node. 0 for a node that only coordinates.</summary>
    [Id(1)] public required int DeviceCount { get; init; }

    /// <summary>Runs that have trainers or shards here, in the order of their ids.</summary>
    [Id(2)] public ImmutableArray<RunId> Runs { get; init; } = [];

    /// <summary>Pictures of these runs that could not be decoded here, each with its reason; others stood in for them.</summary>
    [Id(3)] public ImmutableArray<string> Undecodable { get; init; } = [];
}
