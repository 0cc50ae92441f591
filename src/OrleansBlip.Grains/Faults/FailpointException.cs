namespace OrleansBlip.Grains.Faults;

/// <summary>A failpoint that was told to throw.</summary>
public sealed class FailpointException(Failpoint point) : IOException($"Failpoint {point} throws, as it was told to.");
