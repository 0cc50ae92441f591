using OrleansBlip.Client;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>A run that is to end with a checkpoint for which there is no room waits for it, and loses nothing.</summary>
public sealed class UnwrittenCheckpointTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(RunState.Completed)]
    [InlineData(RunState.Paused)]
    [InlineData(RunState.Stopped)]
    public async Task LastCheckpoint_ThatCannotBeWritten_IsWaitedFor_AndWrittenOnceThereIsRoom(RunState end)
    {
        var spec = RunFixture.Spec(steps: 4);
        string expected = await _fixture.PlainHashAsync(end == RunState.Completed ? spec : spec with { Steps = 2 });
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        var request = _fixture.Request(spec);
        TakeRoomAt(request, end, run);
        await run.Start(request);
        var waiting = await UntilWaitingAsync(client);
        Assert.StartsWith($"The checkpoint of step {(end == RunState.Completed ? 4 : 2)} could not be written: Shard ", waiting.Problem, StringComparison.Ordinal);
        Assert.EndsWith("make room for it, or kill the run to do without.", waiting.Problem, StringComparison.Ordinal);
        Assert.Equal((waiting.Problem, true, null), (waiting.Waits, waiting.IsHoldingUnsaved, waiting.Checkpoint));

        int computed = _fixture.Behaviour.Computed.Count;
        ReturnRoom(request);
        var status = await _fixture.RestAsync(cluster, "run");
        Assert.Equal((end, expected, null, null), (status.State, status.WeightsSha256, status.Problem, status.Waits));
        Assert.Equal(computed, _fixture.Behaviour.Computed.Count);
        using var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenNewest();
        Assert.Equal(status.Step.Value, checkpoint!.Manifest.Step);
    }

    [Fact]
    public async Task Run_KilledWhileItsLastCheckpointCannotBeWritten_KeepsTheOneBefore()
    {
        var spec = RunFixture.Spec(steps: 4);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        var request = _fixture.Request(spec);
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step == 1) Assert.True(run.Pause().Wait(Patience));
        };
        Assert.Equal(RunState.Paused, (await _fixture.RunToRestAsync(cluster, "run", request)).State);
        TakeRoomAt(request, RunState.Completed, run);
        await run.Resume();
        await UntilWaitingAsync(client);
        await run.Kill();
        var status = await _fixture.RestAsync(cluster, "run");
        Assert.Equal((RunState.Stopped, "Killed before step 4. Its newest checkpoint is of step 2.", null), (status.State, status.Problem, status.Waits));

        ReturnRoom(request);
        _fixture.AssertCompleted(expected, await _fixture.RunToRestAsync(cluster, "next", request));
    }

    /// <summary>Puts a file where objects belong, in the run's last step, so that nothing can be written there; and asks for the rest that is to come.</summary>
    private void TakeRoomAt(RunRequest request, RunState end, ITrainingRun run)
    {
        string objects = Path.Combine(request.CheckpointFolder, "objects");
        long step = end == RunState.Completed ? request.Spec.Steps - 1 : 1;
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step != step || slot.Slot != 0 || File.Exists(objects)) return;
            if (Directory.Exists(objects)) Directory.Move(objects, objects + ".aside");
            File.WriteAllText(objects, "");
            if (end == RunState.Paused) Assert.True(run.Pause().Wait(Patience));
            if (end == RunState.Stopped) Assert.True(run.Stop().Wait(Patience));
        };
    }

    private void ReturnRoom(RunRequest request)
    {
        _fixture.Behaviour.BeforeSlot = null;
        string objects = Path.Combine(request.CheckpointFolder, "objects");
        File.Delete(objects);
        if (Directory.Exists(objects + ".aside")) Directory.Move(objects + ".aside", objects);
    }

    private static async Task<RunStatus> UntilWaitingAsync(BlipClient client)
    {
        using var patience = new CancellationTokenSource(Patience);
        await foreach (var progress in client.WatchAsync(new RunId("run"), patience.Token))
        {
            if (progress.Status.Waits is not null) return progress.Status;
            Assert.False(progress.Status.IsAtRest, $"{progress.Status}");
        }
        throw new InvalidOperationException("The run came to rest.");
    }
}
