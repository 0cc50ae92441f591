using System.Diagnostics.Metrics;
using OrleansBlip.Grains.Training;

namespace OrleansBlip.Benchmarks.Wire;

/// <summary>Counts what all nodes of this process send on their data planes, and the gradient blocks that shards took.</summary>
internal sealed class ByteCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _sent, _pushes;

    public ByteCounter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == TrainingInstruments.MeterName && instrument.Name is "orleansblip_block_bytes" or "orleansblip_pushes") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "orleansblip_pushes") Interlocked.Add(ref _pushes, value);
            else if ((string?)tags[0].Value == "sent") Interlocked.Add(ref _sent, value);
        });
        _listener.Start();
    }

    /// <summary>Bytes sent so far.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Blocks so far, local ones included.</summary>
    public long Pushes => Interlocked.Read(ref _pushes);

    public void Dispose() => _listener.Dispose();
}
