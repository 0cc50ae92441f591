namespace OrleansBlip.Protocol.Runs;

/// <summary>A command that a run cannot carry out: a wrong specification, or a state that does not allow it. The message says what to do.</summary>
[GenerateSerializer, Alias("blip.RunRefusedException")]
public sealed class RunRefusedException(string message) : Exception(message);
