using System.Net;
using System.Text.RegularExpressions;

namespace OrleansBlip.Silo;

/// <summary>The first line of a node's process: it is in the cluster, and where it is reached.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Cluster">The cluster's.</param>
/// <param name="Silos">Where other silos reach it.</param>
/// <param name="Clients">Where clients reach it.</param>
/// <param name="Blocks">Where other nodes push and pull blocks.</param>
public sealed partial record NodeAnnouncement(string Node, string Cluster, IPEndPoint Silos, IPEndPoint Clients, IPEndPoint Blocks)
{
    /// <summary>Reads the line.</summary>
    /// <exception cref="FormatException">It is another.</exception>
    public static NodeAnnouncement Parse(string line)
    {
        var match = Line().Match(line);
        if (!match.Success) throw new FormatException($"'{line}' is no node's first line.");
        return new(match.Groups[1].Value, match.Groups[2].Value, IPEndPoint.Parse(match.Groups[3].Value), IPEndPoint.Parse(match.Groups[4].Value), IPEndPoint.Parse(match.Groups[5].Value));
    }

    /// <summary>The line.</summary>
    public override string ToString() => $"{Node} of cluster {Cluster} runs: silos reach it at {Silos}, clients at {Clients}, blocks at {Blocks}.";

    [GeneratedRegex(@"^(\S+) of cluster (\S+) runs: silos reach it at (\S+), clients at (\S+), blocks at (\S+)\.$")]
    private static partial Regex Line();
}
