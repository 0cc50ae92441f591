namespace OrleansBlip.Grains.Training.Checkpoints;

/// <summary>A checkpoint that cannot be written, committed or read; the message says which, and why.</summary>
public sealed class CheckpointException(string message, Exception? cause = null) : IOException(message, cause);
