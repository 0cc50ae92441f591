using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansBlip.Grains.Training;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>What trainers and shards measure of a step.</summary>
public sealed class StepPhasesTests : IDisposable
{
    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Phases_OfARunWithBackups_AreAllMeasured_AndNoneTakesLongerThanItCan()
    {
        var spec = RunFixture.Spec(steps: 6);
        string expected = await _fixture.PlainHashAsync(spec);
        ConcurrentQueue<(string Phase, double Seconds)> measured = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is Histogram<double> && instrument.Meter.Name == TrainingInstruments.MeterName) listener.EnableMeasurementEvents(instrument);
            },
        };
        // Runs of other tests are heard too: what holds for this one holds for them.
        listener.SetMeasurementEventCallback<double>((_, seconds, tags, _) => measured.Enqueue(((string)tags[0].Value!, seconds)));
        listener.Start();
        await using var cluster = await _fixture.StartClusterAsync(nodes: 3, devices: 1);
        _fixture.AssertCompleted(expected, await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec)));

        foreach (string phase in new[] { "pull", "compute", "push", "reduce", "vote", "decide", "apply" }) Assert.Contains(measured, one => one.Phase == phase);
        using var process = Process.GetCurrentProcess();
        double lifetime = (TimeProvider.System.GetUtcNow() - process.StartTime.ToUniversalTime()).TotalSeconds;
        Assert.All(measured, one => Assert.InRange(one.Seconds, 0, lifetime));
    }
}
