namespace OrleansBlip.Silo.Tests.Training;

/// <summary>The system's clock, whose elapsed time leaps when a test says so. Timers and the time of day go on as ever.</summary>
internal sealed class LeapingClock : TimeProvider
{
    private long _leapt;

    public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref _leapt);

    public void Leap(TimeSpan time) => Interlocked.Add(ref _leapt, (long)(time.TotalSeconds * TimestampFrequency));
}
