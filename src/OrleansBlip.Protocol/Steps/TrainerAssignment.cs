using System.Collections.Immutable;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Steps;

/// <summary>The coordinator asks a device to take part in a run.</summary>
[GenerateSerializer, Immutable, Alias("blip.TrainerAssignment")]
public sealed record TrainerAssignment
{
    /// <summary>The view.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The run.</summary>
    [Id(1)] public required RunRequest Request { get; init; }

    /// <summary>The node of each shard, by shard index.</summary>
    [Id(2)] public required ImmutableArray<NodeName> Owners { get; init; }

    /// <summary>The run's amendments. A slot is put into quarantine under a new view only, so nobody computes it otherwise than others do.</summary>
    [Id(3)] public ImmutableArray<Amendment> Amendments { get; init; } = [];
}
