namespace OrleansBlip.Protocol.Steps;

/// <summary>A new backup asks a shard's owner for a part of its content.</summary>
[GenerateSerializer, Immutable, Alias("blip.ShardPartRequest")]
public readonly record struct ShardPartRequest([property: Id(0)] ViewNumber View, [property: Id(1)] ShardPartKind Kind);
