using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Grains.Nodes;

/// <summary>The active nodes of the cluster and what they offer: membership as this silo sees it, and each node's own word. Thread-safe.</summary>
internal sealed partial class NodeDirectory(IClusterMembershipService membership, IGrainFactory grains, ILogger<NodeDirectory> logger)
{
    private readonly ConcurrentDictionary<SiloAddress, int> _deviceCounts = new();

    /// <summary>The nodes that are active now and have said what they offer.</summary>
    public async Task<IReadOnlyCollection<RosterNode>> ListAsync()
    {
        var active = membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).ToArray();
        var nodes = await Task.WhenAll(active.Select(DescribeAsync));
        return [.. nodes.OfType<RosterNode>()];
    }

    /// <summary>The nodes that were asked to end and are about to.</summary>
    public IReadOnlyCollection<NodeName> Leaving =>
        [.. membership.CurrentSnapshot.Members.Values.Where(member => member.Status is SiloStatus.ShuttingDown or SiloStatus.Stopping).Select(member => new NodeName(member.Name))];

    private async Task<RosterNode?> DescribeAsync(ClusterMember member)
    {
        var name = new NodeName(member.Name);
        try
        {
            if (!_deviceCounts.TryGetValue(member.SiloAddress, out int devices))
                _deviceCounts[member.SiloAddress] = devices = (await grains.GetGrain<INode>(name.Value).Describe()).DeviceCount;
            return new RosterNode(name, member.SiloAddress.Generation, devices);
        }
        catch (Exception exception)
        {
            LogSilent(logger, name, exception.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} is active but does not say what it offers: {Problem}")]
    private static partial void LogSilent(ILogger logger, NodeName node, string problem);
}
