using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>up</c> was asked to do.</summary>
internal sealed record UpRequest
{
    /// <summary>Node processes, at least 1.</summary>
    public required int Nodes { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>Connection string of the PostgreSQL database that keeps its state; null for one of its own, which ends with it.</summary>
    public required string? Database { get; init; }

    /// <summary>Folder of the nodes' certificates; null for connections without TLS.</summary>
    public string? Certificates { get; init; }

    /// <summary>What to compute on.</summary>
    public required DeviceChoice Device { get; init; }

    /// <summary>Devices of each node; null for a fair share of this machine's.</summary>
    public required int? Devices { get; init; }
}
