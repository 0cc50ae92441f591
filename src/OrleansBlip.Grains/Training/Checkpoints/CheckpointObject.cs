namespace OrleansBlip.Grains.Training.Checkpoints;

/// <summary>One file of a checkpoint as it must be found again.</summary>
/// <param name="Name">File name within the folder of objects: step, role, and the id of the attempt that wrote it.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Sha256">Hash of the content, 64 lower-case hexadecimal digits.</param>
public sealed record CheckpointObject(string Name, long Bytes, string Sha256);
