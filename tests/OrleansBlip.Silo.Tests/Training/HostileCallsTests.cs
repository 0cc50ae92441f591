using OrleansBlip.Client;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Calls that nobody should make, or that come too often, change nothing.</summary>
public sealed class HostileCallsTests : IDisposable
{
    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Trainer_OfferedALeaseOfAnotherView_DoesNotTakeIt()
    {
        var spec = RunFixture.Spec(steps: 6);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1, devices: 1);
        var trainer = cluster.Client.GetGrain<ITrainer>(new TrainerId(new NodeName("node-1"), 0).GrainKey(new RunId("run")));
        LeaseAnswer[] answers = [];
        _fixture.Behaviour.Computed.Clear();
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot is not { Step: 3, Slot: 0 } || answers.Length > 0) return;
            var lease = new Lease { View = new ViewNumber(0), Step = new StepNumber(4), Slots = new SlotRange(0, spec.SlotCount) };
            answers = [.. new[] { lease, lease with { View = new ViewNumber(2) } }.Select(offer => trainer.Lease(offer).GetAwaiter().GetResult())];
        };
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec));
        Assert.Equal([LeaseAnswer.Fenced, LeaseAnswer.NotJoined], answers);
        _fixture.AssertCompleted(expected, status);
        Assert.Equal(spec.Steps * spec.SlotCount, _fixture.Behaviour.Computed.Count);
    }

    [Fact]
    public async Task Run_StartedByAStormOfClients_IsOneRun()
    {
        var spec = RunFixture.Spec();
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        // A node that is heard of only after the start would become a backup, under a view of its own.
        var request = _fixture.Request(spec) with { Backups = 0 };
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async call =>
        {
            await using var client = new BlipClient(cluster.Silos[call % 2].Client);
            await client.Run(new RunId("run")).Start(request);
        }));
        var status = await _fixture.RestAsync(cluster, "run");
        _fixture.AssertCompleted(expected, status);
        // A second start of it would have raised the fence.
        Assert.Equal(1, status.View.Value);
    }

    [Fact]
    public async Task Data_ThatNobodyCanRead_IsWaitedFor_AndTheRunGoesOnOnceSomebodyCan()
    {
        var spec = RunFixture.Spec(steps: 8);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step == 5) throw new IOException("Input/output error: 'web-000003.tar'");
        };
        await using var client = new BlipClient(cluster.Client);
        var run = new RunId("run");
        await client.Run(run).Start(_fixture.Request(spec, interval: 2));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var progress in client.WatchAsync(run, patience.Token))
        {
            if (progress.Status.Problem is null) continue;
            Assert.Equal(
                (RunState.Training, "No device can read the samples of step 5: Input/output error: 'web-000003.tar'. The run waits, and tries again every 5 s."),
                (progress.Status.State, progress.Status.Problem));
            break;
        }
        _fixture.Behaviour.BeforeSlot = null;
        var status = await _fixture.RestAsync(cluster, "run");
        _fixture.AssertCompleted(expected, status);
        // It neither went back to a checkpoint nor began anew.
        Assert.Equal((1, null), (status.View.Value, status.Problem));
    }

    [Fact]
    public async Task Data_ThatOneNodeCannotRead_IsReadByTheOthers()
    {
        var spec = RunFixture.Spec(steps: 8);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2, devices: 1);
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot is { Node: "node-2", Step: >= 3 }) throw new IOException("Input/output error: 'web-000003.tar'");
        };
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec));
        _fixture.AssertCompleted(expected, status);
    }
}
