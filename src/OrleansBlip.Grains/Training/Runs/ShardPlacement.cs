using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>Which node owns each shard, and which one holds its backup.</summary>
/// <param name="Owners">The owner of each shard, by shard index.</param>
/// <param name="Backups">The backup of each shard, by shard index; empty where there are none.</param>
internal sealed record ShardPlacement(ImmutableArray<NodeName> Owners, ImmutableArray<NodeName> Backups)
{
    /// <summary>Backups that hold nothing yet and are to be filled from their owners.</summary>
    public ImmutableHashSet<ShardIndex> ToFill { get; private init; } = [];

    /// <summary>Deals shards out in turn, and their backups each to the node after the owner.</summary>
    /// <param name="count">Shards.</param>
    /// <param name="nodes">The nodes, at least one.</param>
    /// <param name="withBackups">Whether backups are wanted; with one node there are none.</param>
    public static ShardPlacement Deal(int count, ImmutableArray<NodeName> nodes, bool withBackups) => new(
        [.. Enumerable.Range(0, count).Select(shard => nodes[shard % nodes.Length])],
        withBackups && nodes.Length > 1 ? [.. Enumerable.Range(0, count).Select(shard => nodes[(shard + 1) % nodes.Length])] : []);

    /// <summary>Goes on with what is left: backups take lost owners' places, and the node that holds the least takes a lost backup's.</summary>
    /// <param name="isLost">Whether a shard's content is lost at its owner or at its backup.</param>
    /// <param name="nodes">The nodes that there are now.</param>
    /// <param name="withBackups">Whether backups are wanted; with one node there are none.</param>
    /// <returns>Null where a shard is lost at both.</returns>
    public ShardPlacement? Without(Func<ShardReplica, bool> isLost, ImmutableArray<NodeName> nodes, bool withBackups)
    {
        var (owners, backups) = (new NodeName[Owners.Length], new NodeName?[Owners.Length]);
        for (int shard = 0; shard < owners.Length; shard++)
        {
            var owner = new ShardReplica(new ShardIndex(shard));
            NodeName? backup = Backups.IsEmpty || isLost(owner.Twin) ? null : Backups[shard];
            if (!isLost(owner)) (owners[shard], backups[shard]) = (Owners[shard], backup);
            else if (backup is { } heir) owners[shard] = heir;
            else return null;
        }
        if (!withBackups || nodes.Length < 2) return new([.. owners], []);

        var load = nodes.ToDictionary(node => node, node => owners.Count(owner => owner == node) + backups.Count(backup => backup == node));
        List<ShardIndex> toFill = [];
        for (int shard = 0; shard < owners.Length; shard++)
        {
            if (backups[shard] is not null) continue;
            var idlest = nodes.Where(node => node != owners[shard]).MinBy(node => load[node]);
            backups[shard] = idlest;
            load[idlest]++;
            toFill.Add(new ShardIndex(shard));
        }
        return new([.. owners], [.. backups.Select(backup => backup!.Value)]) { ToFill = [.. toFill] };
    }

    /// <summary>All that nodes hold, shard by shard.</summary>
    public IEnumerable<ShardReplica> Replicas => Enumerable.Range(0, Owners.Length).Select(shard => new ShardReplica(new ShardIndex(shard)))
        .SelectMany(owner => Backups.IsEmpty ? [owner] : new[] { owner, owner.Twin });

    /// <summary>Who holds it.</summary>
    public NodeName this[ShardReplica replica] => (replica.IsBackup ? Backups : Owners)[replica.Shard.Value];
}
