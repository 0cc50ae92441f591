using System.Collections.Immutable;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>train</c> was asked to do.</summary>
internal sealed record TrainRequest
{
    /// <summary>The user's sets of pairs, as given.</summary>
    public required ImmutableArray<string> Data { get; init; }

    /// <summary>Folder for results and checkpoints.</summary>
    public required string Out { get; init; }

    /// <summary>Vocabulary file; null to train one on the data.</summary>
    public required string? Vocabulary { get; init; }

    /// <summary>The family of the model.</summary>
    public required string Family { get; init; }

    /// <summary>What each text begins with; empty for none, and in all families but captioner.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Name of the sizes and schedules.</summary>
    public required string Recipe { get; init; }

    /// <summary>Seed of everything that is drawn.</summary>
    public required long Seed { get; init; }

    /// <summary>Optimizer steps, at least 1; null for the recipe's.</summary>
    public required int? Steps { get; init; }

    /// <summary>What sums of gradients are rounded to.</summary>
    public required GradientPrecision GradientPrecision { get; init; }

    /// <summary>Steps between checkpoints; 0 for one at the end only.</summary>
    public required int CheckpointInterval { get; init; }

    /// <summary>What is set beside the recipe.</summary>
    public RunSettings Settings { get; init; } = new();

    /// <summary>Folder of a training with whose checkpoint this one goes on; null for none.</summary>
    public required string? ForkedFrom { get; init; }

    /// <summary>The step of that checkpoint; null for the newest.</summary>
    public required long? ForkStep { get; init; }

    /// <summary>What the weights start from.</summary>
    public required InitialWeights Initial { get; init; }

    /// <summary>Nodes of the job's own, at least 1.</summary>
    public required int Nodes { get; init; }

    /// <summary>Backups of each parameter shard, 0 or 1.</summary>
    public int Backups { get; init; }

    /// <summary>Which nodes it runs on.</summary>
    public required ClusterChoice Cluster { get; init; }

    /// <summary>What to compute on.</summary>
    public required DeviceChoice Device { get; init; }

    /// <summary>Whether to go on from what the folder holds.</summary>
    public required bool Resume { get; init; }
}
