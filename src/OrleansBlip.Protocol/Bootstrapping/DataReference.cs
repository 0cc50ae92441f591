namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A data set.</summary>
/// <param name="Path">Where it is: a folder or pattern of shards, a JSON list, a folder of pictures.</param>
/// <param name="Digest">Its version, which must be that.</param>
[GenerateSerializer, Immutable, Alias("blip.DataReference")]
public sealed record DataReference([property: Id(0)] string Path, [property: Id(1)] string Digest);
