using OrleansBlip.Client;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Nodes that die, hang or compute nonsense do not change the weights.</summary>
public sealed class FaultTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Trainer_ThatHangs_IsOvertaken()
    {
        var spec = RunFixture.Spec(steps: 8);
        string expected = await _fixture.PlainHashAsync(spec);
        using var release = new ManualResetEventSlim();
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2, devices: 1);
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot is { Node: "node-2", Step: >= 3 }) release.Wait();
        };
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec));
        release.Set();
        _fixture.AssertCompleted(expected, status);
    }

    [Fact]
    public async Task Trainer_ThatDies_IsReplacedByTheOthers()
    {
        var spec = RunFixture.Spec(steps: 10);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 3, devices: 1, durable: true);
        var dying = KillAt(cluster, node: 2, step: 3);
        // One shard, on the first node: only a trainer dies.
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec, shards: 1));
        await dying;
        _fixture.AssertCompleted(expected, status);
        AssertTakenOnce(step: 2);
    }

    [Fact]
    public async Task Shard_WithoutBackup_ThatDies_IsRestoredWithAllOthersFromTheCheckpoint()
    {
        var spec = RunFixture.Spec(steps: 10);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 3, devices: 1, durable: true);
        var dying = KillAt(cluster, node: 2, step: 5);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec, interval: 2) with { Backups = 0 });
        await dying;
        _fixture.AssertCompleted(expected, status);
        Assert.True(status.View.Value > 1);
    }

    [Theory]
    [InlineData(5000)]
    [InlineData(4_000_000)] // a new backup is filled in more than one piece
    public async Task Owner_ThatDies_IsReplacedByTheBackupAndNoStepIsTakenAgain(int elements)
    {
        var spec = RunFixture.Spec(elements, steps: 10);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 3, devices: 1, durable: true);
        // No checkpoint before the end: a restore would begin at step 0. Each node owns a shard and backs another one up.
        var dying = KillAt(cluster, node: 2, step: 5);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec));
        await dying;
        _fixture.AssertCompleted(expected, status);
        Assert.True(status.View.Value > 1);
        for (int step = 0; step < 5; step++) AssertTakenOnce(step);
    }

    [Fact]
    public async Task Owners_ThatDieOneAfterTheOther_LeaveTheLastNodeToEndTheRun()
    {
        var spec = RunFixture.Spec(steps: 12);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 3, devices: 1, durable: true);
        await using var client = new BlipClient(cluster.Client);
        var later = KillAt(cluster, node: 1, step: 8);
        var dying = KillAt(cluster, node: 2, step: 3);
        await client.Run(new RunId("run")).Start(_fixture.Request(spec));
        await dying;
        await later;
        var status = await _fixture.RestAsync(cluster, "run");
        _fixture.AssertCompleted(expected, status);
        foreach (int step in new[] { 0, 1, 2, 4, 5, 6, 7 }) AssertTakenOnce(step);
    }

    [Fact]
    public async Task OwnerAndCoordinator_ThatDieTogether_AreBothSucceeded()
    {
        var spec = RunFixture.Spec(steps: 10);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 3, devices: 1, durable: true);
        // The coordinator lives where the run was started: on the node that dies, which owns a shard too.
        await using var client = new BlipClient(cluster.Silos[2].Client);
        var dying = KillAt(cluster, node: 2, step: 5);
        await client.Run(new RunId("run")).Start(_fixture.Request(spec));
        var status = await _fixture.RestAsync(cluster, "run");
        await dying;
        _fixture.AssertCompleted(expected, status);
        for (int step = 0; step < 5; step++) AssertTakenOnce(step);
    }

    [Fact]
    public async Task Node_ThatJoins_BecomesTheBackup_AndMayDieAgain()
    {
        var spec = RunFixture.Spec(steps: 30);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1, devices: 1, durable: true);
        // The steps after the death wait until it is known: a silo that dies within a living process may be of use for a moment longer.
        var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step > 12) Assert.True(known.Task.Wait(Patience));
        };
        var dying = KillAt(cluster, node: 1, step: 12);
        var death = _fixture.Behaviour.BeforeSlot!;
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot is { Node: "node-1", Step: 5, Slot: 0 })
            {
                waiting.TrySetResult();
                Assert.True(_fixture.Behaviour.SecondComputer.Wait(Patience));
            }
            death(slot);
        };
        await using var client = new BlipClient(cluster.Client);
        await client.Run(new RunId("run")).Start(_fixture.Request(spec));
        // The step in which it joins is the one that is computed twice.
        await waiting.Task.WaitAsync(Patience);
        await cluster.AddAsync();
        await dying;
        // One view for the backups, one without them.
        await foreach (var progress in client.WatchAsync(new RunId("run")))
        {
            if (progress.Status.View.Value >= 3) break;
        }
        known.SetResult();
        var status = await _fixture.RestAsync(cluster, "run");
        _fixture.AssertCompleted(expected, status);
        Assert.True(status.View.Value >= 3, $"{status}");
        foreach (int step in new[] { 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11 }) AssertTakenOnce(step);
    }

    [Fact]
    public async Task Coordinator_ThatDies_IsSucceededAndTheShardsGoOn()
    {
        var spec = RunFixture.Spec(steps: 10);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 3, devices: 1, durable: true);
        // The coordinator lives where the run was started: on the node that dies. The one shard is on the first.
        await using var client = new BlipClient(cluster.Silos[2].Client);
        var dying = KillAt(cluster, node: 2, step: 5);
        await client.Run(new RunId("run")).Start(_fixture.Request(spec, shards: 1));
        var status = await _fixture.RestAsync(cluster, "run");
        await dying;
        _fixture.AssertCompleted(expected, status);
        Assert.True(status.View.Value > 1);
        AssertTakenOnce(step: 2);
    }

    [Fact]
    public async Task Node_ThatJoins_TakesPart()
    {
        var spec = RunFixture.Spec(steps: 30);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1, devices: 1);
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            // The first node holds the step until the joiner has come, so that it has a step to join.
            if (slot is { Node: "node-1", Step: 5, Slot: 0 }) Assert.True(_fixture.Behaviour.SecondComputer.Wait(Patience));
        };
        await using var client = new BlipClient(cluster.Client);
        await client.Run(new RunId("run")).Start(_fixture.Request(spec));
        await cluster.AddAsync();
        var status = await _fixture.RestAsync(cluster, "run");
        _fixture.AssertCompleted(expected, status);
        Assert.Contains(_fixture.Behaviour.Computed, slot => slot.Node == "node-2");
    }

    [Fact]
    public async Task Checkpoint_ThatCannotBeWritten_IsTold_AndTrainingGoesOn()
    {
        var spec = RunFixture.Spec(steps: 12);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        var request = _fixture.Request(spec, interval: 2);
        string objects = Path.Combine(request.CheckpointFolder, "objects");
        RunStatus? troubled = null;
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot is { Step: 0, Slot: 0 })
            {
                // Where objects belong nothing can be written.
                Directory.Delete(objects);
                File.WriteAllText(objects, "");
            }
            if (slot is not { Step: 7, Slot: 0 } || troubled is not null) return;
            while (troubled?.Problem is null) troubled = run.Status().GetAwaiter().GetResult();
            File.Delete(objects);
            _fixture.Behaviour.BeforeSlot = null;
        };
        var status = await _fixture.RunToRestAsync(cluster, "run", request);
        Assert.Contains("could not be written", troubled!.Problem, StringComparison.Ordinal);
        _fixture.AssertCompleted(expected, status);
        using var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenNewest();
        Assert.Equal(12, checkpoint!.Manifest.Step);
    }

    [Fact]
    public async Task Step_WhoseGradientIsNotFinite_IsSkippedOnEveryShard()
    {
        _fixture.Behaviour.IsPoisoned = (step, slot) => step is 2 or 5 && slot == 4;
        var spec = RunFixture.Spec();
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        await using var client = new BlipClient(cluster.Client);
        List<StepRecord> steps = [];
        RunStatus? status = null;
        await foreach (var progress in client.TrainAsync(new RunId("run"), _fixture.Request(spec, shards: 2)))
        {
            steps.AddRange(progress.Steps);
            status = progress.Status;
        }
        Assert.Equal((RunState.Completed, expected), (status!.State, status.WeightsSha256));
        Assert.Equal([2L, 5L], steps.Where(step => step.Verdict == VerdictKind.Skip).Select(step => step.Step.Value));
        Assert.Equal([12L, 13L, 14L], steps[2].SuspectSamples.ToArray());
    }

    [Fact]
    public async Task Run_WhoseGradientsAreNeverFinite_Diverges()
    {
        _fixture.Behaviour.IsPoisoned = (step, _) => step >= 1;
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(RunFixture.Spec(steps: 20)) with { SkipsInRowMax = 3 });
        Assert.Equal((RunState.Diverged, new StepNumber(4)), (status.State, status.Step));
        Assert.Contains("not finite", status.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LedAstray_GoesBackToItsCheckpointAndLeavesOutWhatItTookSince()
    {
        _fixture.Behaviour.IsPoisoned = (step, _) => step is >= 7 and < 10;
        var spec = RunFixture.Spec(steps: 14);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(spec, interval: 4) with { SkipsInRowMax = 3 });
        var amendment = Assert.Single(status.Amendments);
        Assert.Equal((4, 10), (amendment.From.Value, amendment.End.Value));
        string expected = await _fixture.PlainHashAsync(spec, amendments: amendment);
        _fixture.AssertCompleted(expected, status);
        Assert.NotEqual(expected, await _fixture.PlainHashAsync(spec));

        // Who goes on from its checkpoints alone leaves the same steps out.
        using var checkpoint = new CheckpointStore(_fixture.Request(spec).CheckpointFolder).OpenNewest();
        Assert.Equal(amendment, Assert.Single(checkpoint!.Manifest.Amendments));
    }

    [Fact]
    public async Task Run_LedAstrayTwiceFromOneCheckpoint_Diverges()
    {
        _fixture.Behaviour.IsPoisoned = (step, _) => step >= 6;
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(RunFixture.Spec(steps: 20), interval: 4) with { SkipsInRowMax = 3 });
        Assert.Equal((RunState.Diverged, new StepNumber(12)), (status.State, status.Step));
        Assert.Equal((4, 9), (Assert.Single(status.Amendments).From.Value, status.Amendments[0].End.Value));
    }

    /// <summary>The run did not go back behind <paramref name="step"/>.</summary>
    private void AssertTakenOnce(long step)
    {
        int[] times = [.. Enumerable.Range(0, RunFixture.Spec().SlotCount).Select(slot => _fixture.Behaviour.Computed.Count(other => other.Step == step && other.Slot == slot && other.Node != "plain"))];
        Assert.DoesNotContain(0, times);
        // Of a step that is taken again every slot is computed again. Of any other one may be, where a node is late on a busy machine.
        Assert.Contains(1, times);
    }

    /// <summary>Kills a node while it computes a slot of <paramref name="step"/>. The others wait for it there; if it has no slot of its own it gets theirs, for they are late.</summary>
    private async Task KillAt(BlipCluster cluster, int node, long step)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        string name = $"node-{node + 1}";
        // Who is to die at another step may wait behind this one.
        var others = _fixture.Behaviour.BeforeSlot;
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step != step)
            {
                others?.Invoke(slot);
                return;
            }
            if (slot.Node == name)
            {
                reached.TrySetResult();
                release.Wait(Patience);
            }
            else
            {
                Assert.True(reached.Task.Wait(Patience));
            }
        };
        await reached.Task.WaitAsync(Patience);
        await cluster.Silos[node].KillAsync();
        _fixture.Behaviour.BeforeSlot = others;
        release.Set();
    }
}
