namespace OrleansBlip.Protocol.Steps;

/// <summary>A new backup asks a shard's owner for a piece of a part of its content.</summary>
/// <param name="View">The view under which the owner stands open.</param>
/// <param name="Kind">The part.</param>
/// <param name="Start">The piece's first number within the part.</param>
[GenerateSerializer, Immutable, Alias("blip.ShardPartRequest")]
public readonly record struct ShardPartRequest([property: Id(0)] ViewNumber View, [property: Id(1)] ShardPartKind Kind, [property: Id(2)] int Start);
