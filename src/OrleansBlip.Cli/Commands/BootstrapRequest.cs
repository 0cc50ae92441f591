using System.Collections.Immutable;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>bootstrap</c> was asked to do.</summary>
internal sealed record BootstrapRequest
{
    /// <summary>Noisy sets of pairs, as given.</summary>
    public required ImmutableArray<string> Web { get; init; }

    /// <summary>Sets of pairs that people wrote, as given.</summary>
    public required ImmutableArray<string> Clean { get; init; }

    /// <summary>Folder for the new data set, results and checkpoints.</summary>
    public required string Out { get; init; }

    /// <summary>Vocabulary file; null to train one on the data.</summary>
    public required string? Vocabulary { get; init; }

    /// <summary>What the weights of every model start from.</summary>
    public required InitialWeights Initial { get; init; }

    /// <summary>Name of the sizes and schedules.</summary>
    public required string Recipe { get; init; }

    /// <summary>Seed of everything that is drawn.</summary>
    public required long Seed { get; init; }

    /// <summary>Steps of each pre-training; null for the recipe's.</summary>
    public required int? Steps { get; init; }

    /// <summary>Steps of the captioner's and of the filter's finetuning; null for the recipe's.</summary>
    public required int? FinetuningSteps { get; init; }

    /// <summary>Rounds of CapFilt, at least 1.</summary>
    public required int Rounds { get; init; }

    /// <summary>Least probability of a match with which the filter keeps a text, 0 to 1.</summary>
    public required double Threshold { get; init; }

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
