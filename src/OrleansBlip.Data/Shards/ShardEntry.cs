namespace OrleansBlip.Data.Shards;

/// <summary>One shard as its manifest states it.</summary>
/// <param name="Name">The file's name, relative to the manifest's folder.</param>
/// <param name="Samples">How many samples it holds.</param>
/// <param name="Bytes">The file's length.</param>
/// <param name="Sha256">The SHA-256 of the file, in lower-case hex.</param>
public sealed record ShardEntry(string Name, int Samples, long Bytes, string Sha256);
