using System.Collections.Immutable;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>The recent steps of a run, for those who watch it.</summary>
internal sealed class StepHistory
{
    private const int RecordsMax = 4096, RateWindow = 50;

    private readonly Queue<StepRecord> _records = new();

    /// <summary>Notes a step.</summary>
    public void Add(StepRecord record)
    {
        _records.Enqueue(record);
        if (_records.Count > RecordsMax) _records.Dequeue();
    }

    /// <summary>Up to <paramref name="count"/> steps after <paramref name="after"/>, oldest first.</summary>
    public ImmutableArray<StepRecord> After(StepNumber after, int count) => [.. _records.Where(record => record.Step > after).Take(count)];

    /// <summary>Steps per second lately; 0 when none was timed.</summary>
    public double StepsPerSecond()
    {
        var recent = _records.TakeLast(RateWindow).Where(record => record.Duration > TimeSpan.Zero).ToArray();
        return recent.Length > 0 ? recent.Length / recent.Sum(record => record.Duration.TotalSeconds) : 0;
    }
}
