namespace OrleansBlip.Data.Shards;

/// <summary>Where a member's bytes stand in its shard.</summary>
/// <param name="Extension">Lower case, without the dot.</param>
/// <param name="Offset">Of the first byte in the file.</param>
/// <param name="Length">In bytes.</param>
public readonly record struct ShardMember(string Extension, long Offset, int Length);
