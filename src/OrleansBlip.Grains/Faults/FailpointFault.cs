namespace OrleansBlip.Grains.Faults;

/// <summary>What happens at a failpoint.</summary>
internal abstract record FailpointFault
{
    private FailpointFault()
    {
    }

    /// <summary>The process ends, as by kill -9.</summary>
    public sealed record Kill : FailpointFault;

    /// <summary>The place fails.</summary>
    public sealed record Throw : FailpointFault;

    /// <summary>The thread stands still.</summary>
    public sealed record Pause(TimeSpan Duration) : FailpointFault;
}
