namespace OrleansBlip.Protocol.Steps;

/// <summary>A file of a checkpoint, written and verified.</summary>
/// <param name="Name">Its name in the checkpoint folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Hash of its content, 64 lower-case hexadecimal digits.</param>
[GenerateSerializer, Immutable, Alias("blip.SavedObject")]
public sealed record SavedObject([property: Id(0)] string Name, [property: Id(1)] long Bytes, [property: Id(2)] string Sha256);
