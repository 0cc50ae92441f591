using System.Net;
using OrleansBlip.Grains.Devices;

namespace OrleansBlip.Silo;

/// <summary>How one node runs.</summary>
public sealed record BlipSiloOptions
{
    /// <summary>The node's name, unique in the cluster, without '/'.</summary>
    public string Name { get; init; } = "node-1";

    /// <summary>The cluster's name: silos of other clusters are not seen.</summary>
    public string ClusterId { get; init; } = "orleans-blip";

    /// <summary>Where the node listens and others reach it, an address of this machine. Beyond the loopback interface it takes <see cref="Certificates"/>.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Folder of the node's certificates, as <c>blip certs create</c> makes it; null to speak without TLS, on this machine alone.</summary>
    public string? Certificates { get; init; }

    /// <summary>Port for the other silos; 0 for any free one.</summary>
    public int SiloPort { get; init; }

    /// <summary>Port for clients; 0 for any free one.</summary>
    public int GatewayPort { get; init; }

    /// <summary>Port for blocks of gradients and parameters, which other nodes' trainers push and pull; 0 for any free one.</summary>
    public int BlockPort { get; init; }

    /// <summary>The first silo of a cluster on this machine, which keeps its membership; null where this is the first.</summary>
    public IPEndPoint? Primary { get; init; }

    /// <summary>
    /// Connection string of the PostgreSQL database that keeps membership, the grains' state and reminders of the cluster; null for a cluster of one machine without one. With
    /// it <see cref="Primary"/> and <see cref="StateFile"/> are not used, and any silo may die.
    /// </summary>
    public string? Database { get; init; }

    /// <summary>SQLite file of the grains' state; null to keep it in memory, for tests.</summary>
    public string? StateFile { get; init; }

    /// <summary>How long another silo may take to answer a probe; it is declared dead after three that were missed, and one that starts waits seven and a half times as long for those that died with the last one.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The node's devices.</summary>
    public DeviceOptions Devices { get; init; } = new();

    /// <summary>Runs first on the thread of each device: claims its cores.</summary>
    public Action<int>? ClaimDevice { get; init; }
}
