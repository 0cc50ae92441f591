using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansBlip.Client;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Silo.Tests.Storage;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Nodes in processes of their own, on a database, undisturbed and killed by kill -9: weights and optimizer end as in the plain loop.</summary>
public sealed class ProcessesTests(RealModelFixture fixture, PostgresFixture postgres) : IClassFixture<RealModelFixture>, IClassFixture<PostgresFixture>
{
    private const int Steps = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly ConcurrentQueue<string> _told = [];
    private readonly string _cluster = Guid.NewGuid().ToString("N");

    [PostgresFact]
    public async Task Run_OnTwoProcesses_Undisturbed_EndsAsThePlainLoopDoes()
    {
        var request = fixture.Request("undisturbed");
        var expected = await fixture.PlainEndAsync(request);
        List<Process> nodes = [await StartAsync("a"), await StartAsync("b")];
        try
        {
            await using var client = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience);
            var run = client.Run(new RunId("undisturbed"));
            await run.Start(request);
            var status = await UntilAsync(run, status => status.IsAtRest);
            Assert.Equal((null, 1L), (status.Problem, status.View.Value));
            expected.AssertIsEndOf(request, status);
        }
        finally
        {
            KillAll(nodes);
        }
    }

    [PostgresFact]
    public async Task Run_OnThreeProcesses_OfWhichAnyIsKilled_EndsWithThePlainLoopsWeights()
    {
        var request = fixture.Request("killed", steps: Steps) with { CheckpointInterval = 10 };
        var expected = await fixture.PlainEndAsync(request, devices: 2);
        List<Process> nodes = [await StartAsync("a"), await StartAsync("b"), await StartAsync("c")];
        try
        {
            await using var client = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience);
            var run = client.Run(new RunId("killed"));
            await run.Start(request);
            await UntilAsync(run, status => status.Step.Value >= 12);
            nodes[1].Kill();
            await UntilAsync(run, status => status.Step.Value >= 30);
            nodes[0].Kill();
            nodes.Add(await StartAsync("d"));
            var status = await UntilAsync(run, status => status.IsAtRest);
            expected.AssertIsEndOf(request, status);
            Assert.True(status.View.Value > 1, $"{status}");
        }
        finally
        {
            KillAll(nodes);
        }
    }

    [PostgresFact]
    public async Task Run_WhoseProcessesAreAllKilled_AndTheDatabaseToo_GoesOnFromItsCheckpoint()
    {
        var request = fixture.Request("all", steps: Steps) with { CheckpointInterval = 10 };
        var expected = await fixture.PlainEndAsync(request, devices: 2);
        List<Process> nodes = [await StartAsync("a"), await StartAsync("b")];
        try
        {
            await using (var client = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience))
            {
                var run = client.Run(new RunId("all"));
                await run.Start(request);
                await UntilAsync(run, status => status.Checkpoint is not null && status.Step.Value >= 15);
                KillAll(nodes);
                await postgres.Server.KillAsync();
            }
            long checkpointed = NewestCheckpoint(request);
            Assert.True(checkpointed >= 10);
            await postgres.Server.RestartAsync();
            nodes = [await StartAsync("a"), await StartAsync("e")];
            await using var again = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience);
            var resumed = again.Run(new RunId("all"));
            await resumed.Start(request);
            var status = await UntilAsync(resumed, status => status.IsAtRest);
            expected.AssertIsEndOf(request, status);
            // A coordinator remembers the steps that it decided itself: these are the ones taken again and after.
            var taken = (await resumed.Progress(new StepNumber(-1), Steps)).Steps;
            Assert.Equal((checkpointed, Steps - checkpointed), (taken[0].Step.Value, taken.Length));
        }
        finally
        {
            KillAll(nodes);
        }
    }

    [PostgresFact]
    public async Task Run_WhoseShardOwnersAreKilledOneByOne_GoesOnWithTheirBackups_AndTakesNoStepAgain()
    {
        // No checkpoint before the end: a replay would begin at step 0.
        var request = fixture.Request("owners", steps: Steps);
        var expected = await fixture.PlainEndAsync(request, devices: 2);
        List<Process> nodes = [await StartAsync("a"), await StartAsync("b"), await StartAsync("c")];
        try
        {
            await using var client = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience);
            var run = client.Run(new RunId("owners"));
            await run.Start(request);
            var last = await UntilAsync(run, status => status.Step.Value >= 10);
            // Each node owns a shard and backs another one up; one of the two is the coordinator's, or none.
            foreach (var (node, step) in new[] { (1, 20), (0, 40) })
            {
                nodes[node].Kill();
                if (node == 1) nodes.Add(await StartAsync("d"));
                last = await UntilAsync(run, status => NeverBack(last, status).Step.Value >= step);
            }
            last = await UntilAsync(run, status => NeverBack(last, status).IsAtRest);
            expected.AssertIsEndOf(request, last);
            Assert.True(last.View.Value >= 3, $"{last}");
        }
        finally
        {
            KillAll(nodes);
        }

        static RunStatus NeverBack(RunStatus before, RunStatus status)
        {
            Assert.True(status.Step.Value >= before.Step.Value, $"Step {status.Step} after {before.Step}: {status}");
            return status;
        }
    }

    private static long NewestCheckpoint(RunRequest request)
    {
        using var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenNewest();
        return checkpoint!.Manifest.Step;
    }

    private async Task<Process> StartAsync(string name)
    {
        var node = NodeProcess.Start("--name", name, "--cluster", _cluster, "--database", postgres.Server.Connection, "--devices", "1", "--device", "cpu");
        // Orleans tells at length of silos that are gone; a node whose pipe is full would stand still.
        node.ErrorDataReceived += (_, line) => { if (line.Data is not null) _told.Enqueue($"{name}: {line.Data}"); };
        node.BeginErrorReadLine();
        var started = node.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        Assert.True(await started is not null, string.Join('\n', _told.TakeLast(50)));
        return node;
    }

    private static void KillAll(List<Process> nodes)
    {
        foreach (var node in nodes)
        {
            if (!node.HasExited) node.Kill();
            node.WaitForExit();
            node.Dispose();
        }
        nodes.Clear();
    }

    /// <summary>Looks until it is so; a coordinator whose node has died takes a while to answer again.</summary>
    private static async Task<RunStatus> UntilAsync(ITrainingRun run, Func<RunStatus, bool> isReached)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        RunStatus? status = null;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Patience;)
        {
            try
            {
                status = await run.Status();
                if (isReached(status)) return status;
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                // Its silo is gone; another one takes it over.
            }
            await look.WaitForNextTickAsync(CancellationToken.None);
        }
        throw new TimeoutException($"The run does not get there: {status}");
    }
}
