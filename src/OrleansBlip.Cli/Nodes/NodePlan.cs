using OrleansBlip.Grains.Devices;

namespace OrleansBlip.Cli.Nodes;

/// <summary>The node processes to run on this machine.</summary>
internal sealed record NodePlan
{
    /// <summary>How many, at least 1; they are named node-1 and so on.</summary>
    public required int Count { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>Connection string of the PostgreSQL database that they stand in.</summary>
    public required string Database { get; init; }

    /// <summary>The devices of each.</summary>
    public required DeviceOptions Devices { get; init; }

    /// <summary>Folder of a silo's certificates that all of them show; null for connections without TLS.</summary>
    public string? Certificates { get; init; }

    /// <summary>Whether what they write to stderr is shown.</summary>
    public bool IsVerbose { get; init; }
}
