using System.Collections.Immutable;
using System.Net;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>doctor</c> was asked to do.</summary>
internal sealed record DoctorRequest
{
    /// <summary>Folder whose disk is looked at.</summary>
    public required string Folder { get; init; }

    /// <summary>What to compute on.</summary>
    public required DeviceChoice Device { get; init; }

    /// <summary>Connection string of the cluster's PostgreSQL; null where none is meant.</summary>
    public required string? Database { get; init; }

    /// <summary>Where a node is to listen.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The ports at which it is to listen, 0 for any free one.</summary>
    public required ImmutableArray<int> Ports { get; init; }
}
