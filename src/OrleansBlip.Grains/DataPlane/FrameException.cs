namespace OrleansBlip.Grains.DataPlane;

/// <summary>The other end of a connection says what it may not: the connection is closed.</summary>
/// <param name="reason">What it did, one of a few words: it is counted by them.</param>
internal sealed class FrameException(string reason) : IOException($"The other end is not of this data plane, or was damaged on the way: {reason}.")
{
    /// <summary>What it did.</summary>
    public string Reason => reason;
}
