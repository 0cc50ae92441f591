using System.Collections.Immutable;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>demo</c> was asked to do.</summary>
internal sealed record DemoRequest
{
    /// <summary>Folder for results and checkpoints.</summary>
    public required string Out { get; init; }

    /// <summary>First seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Seeds to run, one after another, from <see cref="Seed"/> on.</summary>
    public required int Seeds { get; init; }

    /// <summary>Nodes of the job's own, at least 1.</summary>
    public required int Nodes { get; init; }

    /// <summary>Backups of each parameter shard, 0 or 1.</summary>
    public int Backups { get; init; }

    /// <summary>Which nodes it runs on.</summary>
    public required ClusterChoice Cluster { get; init; }

    /// <summary>Arms to compare, in the order of <see cref="DemoCommand.Arms"/>.</summary>
    public required ImmutableArray<string> Arms { get; init; }

    /// <summary>Whether each arm is scored also after the same finetuning on clean pairs.</summary>
    public required bool IsFinetuned { get; init; }

    /// <summary>What to compute on.</summary>
    public required DeviceChoice Device { get; init; }

    /// <summary>Whether to go on from what the folder holds.</summary>
    public required bool Resume { get; init; }
}
