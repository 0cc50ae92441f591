using System.Diagnostics.Metrics;
using OrleansBlip.Grains.Training;

namespace OrleansBlip.Benchmarks.Training;

/// <summary>Means of the phases of a step, as trainers and shards measure them.</summary>
internal sealed class PhaseListener : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (double Sum, int Count)> _phases = [];

    public PhaseListener()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == TrainingInstruments.MeterName && instrument is Histogram<double>) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Add((string)tags[0].Value!, seconds));
        _listener.Start();
    }

    /// <summary>Mean milliseconds by phase.</summary>
    public IReadOnlyDictionary<string, double> Means()
    {
        lock (_lock) return _phases.ToDictionary(phase => phase.Key, phase => 1000 * phase.Value.Sum / phase.Value.Count);
    }

    /// <summary>Forgets what was measured so far.</summary>
    public void Reset()
    {
        lock (_lock) _phases.Clear();
    }

    public void Dispose() => _listener.Dispose();

    private void Add(string phase, double seconds)
    {
        lock (_lock)
        {
            var (sum, count) = _phases.GetValueOrDefault(phase);
            _phases[phase] = (sum + seconds, count + 1);
        }
    }
}
