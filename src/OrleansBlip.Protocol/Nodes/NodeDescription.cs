namespace OrleansBlip.Protocol.Nodes;

/// <summary>What a node offers to runs.</summary>
[GenerateSerializer, Immutable, Alias("blip.NodeDescription")]
public sealed record NodeDescription
{
    /// <summary>The node.</summary>
    [Id(0)] public required NodeName Name { get; init; }

    /// <summary>Devices that compute slots: GPUs, or groups of cores on a CPU node. 0 for a node that only coordinates.</summary>
    [Id(1)] public required int DeviceCount { get; init; }
}
