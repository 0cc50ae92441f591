using System.Runtime.InteropServices;
using OrleansBlip.Client;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>A sample that kills whatever computes it does not end the run: others stand in for its slot's samples, durably, and the weights are those of that amendment.</summary>
public sealed class QuarantineTests : IDisposable
{
    /// <summary>Sample 46 stands in slot 3 of step 2 (18 samples a step, 3 a slot) and, of 100 samples, again in slot 0 of step 8.</summary>
    private const long Killer = 46;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RunFixture _fixture = new();

    public QuarantineTests() => _fixture.Behaviour.Killer = Killer;

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    public async Task Sample_AtWhichDevicesRunOutOfMemory_IsReplaced(int nodes, int devices)
    {
        _fixture.Behaviour.Kill = _ => throw (nodes == 1 ? new OutOfMemoryException("out of memory") : new ExternalException("CUDA out of memory"));
        var spec = RunFixture.Spec(steps: 10);
        await using var cluster = await _fixture.StartClusterAsync(nodes, devices);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec, interval: 2));
        var amendment = AssertQuarantined(status, step: 2, slot: 3);
        _fixture.AssertCompleted(await _fixture.PlainHashAsync(spec, amendments: amendment), status);

        // It matters, and it is durable: whoever goes on from the checkpoint leaves the samples out too.
        _fixture.Behaviour.Kill = _ => { };
        Assert.NotEqual(status.WeightsSha256, await _fixture.PlainHashAsync(spec));
        using var checkpoint = new CheckpointStore(_fixture.Request(spec).CheckpointFolder).OpenNewest();
        Assert.Equal(amendment, Assert.Single(checkpoint!.Manifest.Amendments));
    }

    [Fact]
    public async Task Run_ThatGoesOnFromACheckpoint_KeepsItsSamplesInQuarantine()
    {
        _fixture.Behaviour.Kill = _ => throw new OutOfMemoryException("out of memory");
        var spec = RunFixture.Spec(steps: 10);
        var request = _fixture.Request(spec, interval: 2);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2, devices: 1);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("first"));
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot is { Step: 5, Slot: 0 }) Assert.True(run.Pause().Wait(Patience));
        };
        var paused = await _fixture.RunToRestAsync(cluster, "first", request);
        var amendment = AssertQuarantined(paused, step: 2, slot: 3);
        Assert.Equal((RunState.Paused, 6), (paused.State, paused.Step.Value));

        // The sample's second coming is in step 8. Who knows no more than the checkpoint goes on without it: the plain loop, and another run.
        _fixture.Behaviour.BeforeSlot = null;
        _fixture.Behaviour.Kill = _ => throw new InvalidOperationException("A sample in quarantine has come back.");
        string expected = await _fixture.PlainHashAsync(spec, amendments: amendment);
        await using var pool = new DevicePool(new DeviceOptions { DeviceCount = 1 });
        using var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenNewest();
        await using var loop = await PlainLoop.ContinueAsync(request, new FakeModel("plain", _fixture.Behaviour), pool, checkpoint!);
        while (loop.Step.Value < spec.Steps) await loop.StepAsync();
        Assert.Equal(expected, loop.WeightsSha256);
        _fixture.AssertCompleted(expected, await _fixture.RunToRestAsync(cluster, "second", request));
    }

    [Fact]
    public async Task Sample_WhereNoneMayGoIntoQuarantine_EndsTheRun()
    {
        _fixture.Behaviour.Kill = _ => throw new OutOfMemoryException("out of memory");
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1, devices: 1);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(RunFixture.Spec()) with { QuarantinesMax = 0 });
        Assert.Equal(RunState.Failed, status.State);
        Assert.Contains("out of memory", status.Problem, StringComparison.Ordinal);
        Assert.Empty(status.Amendments);
    }

    private Amendment AssertQuarantined(RunStatus status, long step, int slot)
    {
        Assert.True(status.Amendments.Length == 1, $"{status}\n{string.Join('\n', _fixture.Log.Lines)}");
        var amendment = status.Amendments[0];
        Assert.Equal((step, slot), (amendment.From.Value, amendment.Slot));
        return amendment;
    }
}
