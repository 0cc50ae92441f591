using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Steps;

/// <summary>A shard at its owner, or at its backup.</summary>
internal readonly record struct ShardReplica(ShardIndex Shard, bool IsBackup = false) : IComparable<ShardReplica>
{
    /// <summary>The shard at the other of the two.</summary>
    public ShardReplica Twin => this with { IsBackup = !IsBackup };

    /// <inheritdoc/>
    public int CompareTo(ShardReplica other) => Shard != other.Shard ? Shard.CompareTo(other.Shard) : IsBackup.CompareTo(other.IsBackup);

    /// <inheritdoc/>
    public override string ToString() => IsBackup ? $"{Shard}'s backup" : $"{Shard}";
}
