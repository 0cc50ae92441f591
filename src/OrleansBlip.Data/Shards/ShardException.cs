namespace OrleansBlip.Data.Shards;

/// <summary>A shard that is refused, with its name, the member where known, and the reason.</summary>
public sealed class ShardException : DatasetException
{
    internal ShardException(string shard, string? member, ShardDefect defect, string reason, Exception? inner = null)
        : base(member is null ? $"shard '{shard}': {reason}" : $"shard '{shard}', member '{member}': {reason}", inner)
    {
        Shard = shard;
        Member = member;
        Defect = defect;
    }

    /// <summary>The shard's file name.</summary>
    public string Shard { get; }

    /// <summary>The member's name in the archive, where the defect has one.</summary>
    public string? Member { get; }

    /// <summary>The kind of defect.</summary>
    public ShardDefect Defect { get; }
}
