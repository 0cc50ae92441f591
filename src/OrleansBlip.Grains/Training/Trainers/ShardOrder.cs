using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Grains.Training.Trainers;

/// <summary>In which order a node calls on the shards: around the ring from its own, so that not all nodes call on the same one first. No bit depends on it.</summary>
internal static class ShardOrder
{
    /// <summary>Indices of the shards, each once.</summary>
    /// <param name="owners">The node of each shard, by its index; at least one.</param>
    /// <param name="node">The node that calls. One without a shard begins anywhere, but always at the same one.</param>
    public static ImmutableArray<int> Of(ImmutableArray<NodeName> owners, NodeName node)
    {
        int own = owners.IndexOf(node);
        int first = own >= 0 ? own : (int)(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(node.Value)) % (uint)owners.Length);
        return [.. Enumerable.Range(0, owners.Length).Select(i => (first + i) % owners.Length)];
    }
}
