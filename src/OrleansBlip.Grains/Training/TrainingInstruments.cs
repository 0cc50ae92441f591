using System.Diagnostics.Metrics;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training;

/// <summary>The meter "OrleansBlip", as far as training goes.</summary>
public sealed class TrainingInstruments : IDisposable
{
    /// <summary>The meter's name, for whoever exports it.</summary>
    public const string MeterName = "OrleansBlip";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _pushes, _samples, _released, _blockBytes, _refusals;
    private readonly Histogram<double> _phases;

    /// <summary>Registers the instruments.</summary>
    public TrainingInstruments()
    {
        _pushes = _meter.CreateCounter<long>("orleansblip_pushes", description: "Gradient blocks by what became of them.");
        _samples = _meter.CreateCounter<long>("orleansblip_train_samples", description: "Samples of decided steps.");
        _released = _meter.CreateCounter<long>("orleansblip_slots_released", description: "Slots that went from a lost or slow trainer to others.");
        _blockBytes = _meter.CreateCounter<long>("orleansblip_block_bytes", "By", "Bytes of blocks on the data plane, frames included.");
        _refusals = _meter.CreateCounter<long>("orleansblip_block_connections_refused", description: "Connections to the data plane that were closed for what they said.");
        _phases = _meter.CreateHistogram<double>("orleansblip_train_step_seconds", "s", "Time of a step's phases.");
    }

    internal Meter Meter => _meter;

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void CountPush(PushOutcome outcome) => _pushes.Add(1, KeyValuePair.Create<string, object?>("result", outcome.ToString().ToLowerInvariant()));

    internal void CountSamples(long count) => _samples.Add(count);

    internal void CountReleased(int slots) => _released.Add(slots);

    internal void CountBlockBytes(long bytes) => _blockBytes.Add(Math.Abs(bytes), KeyValuePair.Create<string, object?>("direction", bytes > 0 ? "sent" : "received"));

    internal void CountRefusal(string reason) => _refusals.Add(1, KeyValuePair.Create<string, object?>("reason", reason));

    internal void Measure(string phase, TimeSpan duration) => _phases.Record(duration.TotalSeconds, KeyValuePair.Create<string, object?>("phase", phase));
}
