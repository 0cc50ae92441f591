namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A model at rest.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="WeightsSha256">Its weights, which must be those.</param>
[GenerateSerializer, Immutable, Alias("blip.ModelReference")]
public sealed record ModelReference([property: Id(0)] string Folder, [property: Id(1)] string WeightsSha256);
