namespace OrleansBlip.Data.Shards;

/// <summary>One sample of a WebDataset shard: its key and its members by extension ("jpg", "txt", "json"; lower case, without the dot).</summary>
/// <param name="Key">Letters, digits, '-' and '_'; unique in its shard.</param>
/// <param name="Members">The bytes of each member, by extension.</param>
public sealed record ShardSample(string Key, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Members);
