using OrleansBlip.Client;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Pause, resume, stop, restart, and what a run refuses.</summary>
public sealed class LifeOfARunTests : IDisposable
{
    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Run_PausedAndResumed_GoesOnAtTheVeryStep()
    {
        var spec = RunFixture.Spec(steps: 8);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));

        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step == 3) run.Pause().GetAwaiter().GetResult();
        };
        var paused = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec));
        Assert.Equal((RunState.Paused, new StepNumber(4)), (paused.State, paused.Step));
        Assert.NotNull(paused.WeightsSha256);
        await _fixture.UntilNoComputerLivesAsync();

        _fixture.Behaviour.BeforeSlot = null;
        int before = _fixture.Behaviour.Computed.Count;
        await run.Resume();
        var completed = await _fixture.RestAsync(cluster, "run");
        Assert.Equal((RunState.Completed, expected), (completed.State, completed.WeightsSha256));
        Assert.Equal(4 * spec.SlotCount, _fixture.Behaviour.Computed.Count - before);
    }

    [Fact]
    public async Task Run_OfAProcessThatDied_GoesOnFromItsCheckpoint()
    {
        var spec = RunFixture.Spec(steps: 8);
        string expected = await _fixture.PlainHashAsync(spec);
        var request = _fixture.Request(spec, shards: 3, interval: 2);
        using var reached = new SemaphoreSlim(0);
        using var release = new ManualResetEventSlim();
        await using (var cluster = await _fixture.StartClusterAsync(nodes: 1, durable: true))
        {
            _fixture.Behaviour.BeforeSlot = slot =>
            {
                if (slot.Step != 5) return;
                reached.Release();
                release.Wait();
            };
            await using var client = new BlipClient(cluster.Client);
            await client.Run(new RunId("run")).Start(request);
            await reached.WaitAsync();
            await foreach (var progress in client.WatchAsync(new RunId("run")))
                if (progress.Status.Checkpoint is not null) break;
            await cluster.Silos[0].KillAsync();
            release.Set();
        }

        _fixture.Behaviour.BeforeSlot = null;
        _fixture.Behaviour.Computed.Clear();
        await using var successor = await _fixture.StartClusterAsync(nodes: 2, durable: true);
        var completed = await _fixture.RunToRestAsync(successor, "run", request);
        Assert.Equal((RunState.Completed, expected), (completed.State, completed.WeightsSha256));
        // Checkpoints are written beside the steps: the process died with one committed, that of step 4 may or may not have been.
        Assert.Contains(_fixture.Behaviour.Computed.Min(slot => slot.Step), new long[] { 2, 4 });
    }

    [Fact]
    public async Task Run_Stopped_IsOver()
    {
        string expected = await _fixture.PlainHashAsync(RunFixture.Spec(steps: 2));
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step == 1) run.Stop().GetAwaiter().GetResult();
        };
        var request = _fixture.Request(RunFixture.Spec());
        var status = await _fixture.RunToRestAsync(cluster, "run", request);
        Assert.Equal((RunState.Stopped, new StepNumber(2)), (status.State, status.Step));
        using (var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenNewest())
            Assert.Equal((status.Checkpoint, 2), (checkpoint!.Name, checkpoint.Manifest.Step));
        Assert.Equal(expected, status.WeightsSha256);
        await Assert.ThrowsAsync<RunRefusedException>(() => run.Start(request));
        await Assert.ThrowsAsync<RunRefusedException>(run.Pause);
    }

    [Fact]
    public async Task Run_Amended_LeavesTheStepsOut()
    {
        var spec = RunFixture.Spec(steps: 10);
        var amendment = new Amendment { From = new StepNumber(6), End = new StepNumber(8), Reason = "bad pictures" };
        string expected = await _fixture.PlainHashAsync(spec, amendments: amendment);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        _fixture.Behaviour.Computed.Clear();
        string? refusal = null;
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot is not { Step: 4, Slot: 0 } || refusal is not null) return;
            refusal = Assert.ThrowsAsync<RunRefusedException>(() => run.Amend(amendment with { From = new StepNumber(4) })).GetAwaiter().GetResult().Message;
            run.Amend(amendment).GetAwaiter().GetResult();
        };
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec));
        Assert.Equal("Steps 4 to 7 cannot be left out: the first that is neither decided nor under way is 5.", refusal);
        _fixture.AssertCompleted(expected, status);
        Assert.Equal(amendment, Assert.Single(status.Amendments));
        Assert.DoesNotContain(_fixture.Behaviour.Computed, slot => slot.Step is 6 or 7);
        await Assert.ThrowsAsync<RunRefusedException>(() => run.Amend(amendment));
    }

    [Fact]
    public async Task Run_Killed_IsOverAtOnceAndAnotherGoesOnFromItsCheckpoint()
    {
        var spec = RunFixture.Spec(steps: 8);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        await Assert.ThrowsAsync<RunRefusedException>(run.Kill);
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step != 5) return;
            run.Kill().GetAwaiter().GetResult();
            _fixture.Behaviour.BeforeSlot = null;
        };
        var request = _fixture.Request(spec, interval: 2);
        var status = await _fixture.RunToRestAsync(cluster, "run", request);
        Assert.Equal((RunState.Stopped, new StepNumber(5), null), (status.State, status.Step, status.WeightsSha256));
        Assert.StartsWith("Killed before step 5.", status.Problem, StringComparison.Ordinal);
        await _fixture.UntilNoComputerLivesAsync();
        await Assert.ThrowsAsync<RunRefusedException>(() => run.Start(request));
        _fixture.AssertCompleted(expected, await _fixture.RunToRestAsync(cluster, "next", request));
    }

    [Fact]
    public async Task Run_ForkedFromACheckpoint_GoesOnWithAllOfIt()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        await using var client = new BlipClient(cluster.Client);
        var (request, run) = (_fixture.Request(RunFixture.Spec(steps: 8)), client.Run(new RunId("run")));
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step == 3) run.Pause().GetAwaiter().GetResult();
        };
        Assert.Equal(new StepNumber(4), (await _fixture.RunToRestAsync(cluster, "run", request)).Step);
        _fixture.Behaviour.BeforeSlot = null;
        await run.Resume();
        var whole = await _fixture.RestAsync(cluster, "run");
        string origin;
        using (var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenOf(step: 4)) origin = checkpoint.ManifestSha256;

        var fork = request with { Spec = request.Spec with { ForkedFromSha256 = origin }, ForkedFromFolder = request.CheckpointFolder, CheckpointFolder = Path.Combine(_fixture.Folder, "fork") };
        _fixture.Behaviour.Computed.Clear();
        _fixture.AssertCompleted(whole.WeightsSha256!, await _fixture.RunToRestAsync(cluster, "fork", fork));
        Assert.Equal(4, _fixture.Behaviour.Computed.Min(slot => slot.Step));

        // Another seed from there on is another run.
        var other = fork with { Spec = fork.Spec with { Seed = 9 }, CheckpointFolder = Path.Combine(_fixture.Folder, "other") };
        var status = await _fixture.RunToRestAsync(cluster, "other", other);
        Assert.Equal(RunState.Completed, status.State);
        Assert.NotEqual(whole.WeightsSha256, status.WeightsSha256);
    }

    [Fact]
    public async Task Run_ForkedFromWhatIsNotThere_FailsWithTheReason()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        var request = _fixture.Request(RunFixture.Spec() with { ForkedFromSha256 = new string('a', 64) }) with { ForkedFromFolder = Path.Combine(_fixture.Folder, "nothing") };
        var status = await _fixture.RunToRestAsync(cluster, "run", request);
        Assert.Equal(RunState.Failed, status.State);
        Assert.Contains("holds no checkpoint whose manifest has the SHA-256 aaa", status.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StartedTwice_IsOneRun()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        var request = _fixture.Request(RunFixture.Spec());
        await _fixture.RunToRestAsync(cluster, "run", request);
        int computed = _fixture.Behaviour.Computed.Count;
        Assert.Equal(RunState.Completed, (await _fixture.RunToRestAsync(cluster, "run", request)).State);
        Assert.Equal(computed, _fixture.Behaviour.Computed.Count);

        await using var client = new BlipClient(cluster.Client);
        var other = request with { Spec = request.Spec with { Seed = 6 } };
        var refusal = await Assert.ThrowsAsync<RunRefusedException>(() => client.Run(new RunId("run")).Start(other));
        Assert.Contains("seed: 6 here, 5 there", refusal.Message, StringComparison.Ordinal);
        var stranger = await _fixture.RunToRestAsync(cluster, "other", other);
        Assert.Equal(RunState.Failed, stranger.State);
        Assert.Contains("holds checkpoints of another run", stranger.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoint_OfARun_KeepsItsProfileAndNoOtherGoesOnFromIt()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1, devices: 1);
        var request = _fixture.Request(RunFixture.Spec(steps: 6), interval: 2) with { CheckpointsKept = 3 };
        Assert.Equal(RunState.Completed, (await _fixture.RunToRestAsync(cluster, "run", request)).State);
        // One whose parts came late has been dropped, but never the last.
        long step = 6;
        while (new CheckpointStore(request.CheckpointFolder).FindBefore(step) is { } found)
        {
            using var checkpoint = found;
            Assert.NotNull(checkpoint.Manifest.Profile);
            Assert.Empty(checkpoint.Manifest.Profile.DifferencesFrom(FakeModel.ProfileOf("C#")));
            step = checkpoint.Manifest.Step - 1;
        }
        Assert.InRange(step, 1, 5);

        _fixture.Behaviour.InstructionSetOf = _ => "F#";
        var status = await _fixture.RunToRestAsync(cluster, "other", request);
        Assert.Equal(RunState.Failed, status.State);
        Assert.Equal("No device can take part: Device node-1/0 computes otherwise than the run and takes no part (instruction set: F# here, C# in the run).", status.Problem);
    }

    [Fact]
    public async Task Run_WhoseModelCannotBeBuilt_FailsWithTheReason()
    {
        _fixture.Behaviour.CreateProblem = "There is no data set at '/nowhere'.";
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(RunFixture.Spec()));
        Assert.Equal(RunState.Failed, status.State);
        Assert.Contains("There is no data set at '/nowhere'.", status.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithAWrongSpecification_IsRefused()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        await using var client = new BlipClient(cluster.Client);
        var refusal = await Assert.ThrowsAsync<RunRefusedException>(() => client.Run(new RunId("run")).Start(_fixture.Request(RunFixture.Spec(slots: 0))));
        Assert.Contains("SlotCount is 0", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_OfARun_TellsEachStepOnce()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        await using var client = new BlipClient(cluster.Client);
        List<StepRecord> steps = [];
        await foreach (var progress in client.TrainAsync(new RunId("run"), _fixture.Request(RunFixture.Spec(steps: 12)))) steps.AddRange(progress.Steps);
        Assert.Equal(Enumerable.Range(0, 12).Select(step => new StepNumber(step)), steps.Select(step => step.Step));
        Assert.All(steps, step => Assert.True(step.Losses is [{ Name: "fake", Value: > 0 }] && step.GradientNorm > 0));
    }
}
