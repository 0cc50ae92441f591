using System.Collections.Immutable;
using System.Net;

namespace OrleansBlip.Cli.Commands;

/// <summary>What <c>certs create</c> was asked to make.</summary>
internal sealed record CertsCreateRequest
{
    /// <summary>Folder with a folder for each name.</summary>
    public required string Out { get; init; }

    /// <summary>Folder of the private authority, which is made where there is none.</summary>
    public required string Authority { get; init; }

    /// <summary>Silos to make certificates for.</summary>
    public required ImmutableArray<string> Silos { get; init; }

    /// <summary>Clients to make certificates for.</summary>
    public required ImmutableArray<string> Clients { get; init; }

    /// <summary>Where the silos may be called; none for anywhere.</summary>
    public required ImmutableArray<IPAddress> Addresses { get; init; }

    /// <summary>For how long the certificates are good, at least 1.</summary>
    public required int Days { get; init; }

    /// <summary>Whether certificates of the same names are replaced. The authority never is.</summary>
    public required bool Force { get; init; }
}
