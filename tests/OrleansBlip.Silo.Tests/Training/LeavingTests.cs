using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBlip.Client;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo.Tests.Storage;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Nodes that leave when they are told to, and coordinators that nobody asks for anything: the run goes on by itself, to the plain loop's weights.</summary>
public sealed class LeavingTests(RealModelFixture fixture, PostgresFixture postgres) : IClassFixture<RealModelFixture>, IClassFixture<PostgresFixture>
{
    private const int Steps = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly ConcurrentQueue<string> _told = [];
    private readonly string _cluster = Guid.NewGuid().ToString("N");

    // The database outlives a test's cluster.
    private readonly RunId _run = new($"left-{Guid.NewGuid():N}");

    [PostgresFact]
    public async Task Run_WhoseCoordinatorsNodeIsTerminated_AndItsSuccessorsKilledWithNobodyWatching_EndsWithThePlainLoopsWeights()
    {
        var request = fixture.Request("left", steps: Steps) with { CheckpointInterval = 10 };
        string expected = await fixture.PlainHashAsync(request, devices: 2);
        Dictionary<string, Process> nodes = [];
        foreach (string name in new[] { "a", "b", "c" }) nodes.Add(name, await StartAsync(name));
        try
        {
            string successor;
            await using (var client = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience))
            {
                await client.Run(_run).Start(request);
                await UntilAsync(client, step: 12);
                string first = await CoordinatorsNodeAsync(client);
                Assert.Equal(0, await NodeProcess.TerminateAsync(nodes[first]));
                var status = await UntilAsync(client, step: 25);
                // What it held went on elsewhere; nothing was read from a checkpoint again.
                Assert.True(status.Problem is null, $"{status}\n{Told}");
                successor = await CoordinatorsNodeAsync(client);
                Assert.NotEqual(first, successor);
            }
            nodes[successor].Kill();

            await UntilAsync(() => Task.FromResult(new CheckpointStore(request.CheckpointFolder).OpenNewest() is { } checkpoint && IsLast(checkpoint)));
            await using var late = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience);
            var last = await late.WatchAsync(_run).LastAsync();
            Assert.True((last.Status.State, last.Status.WeightsSha256) == (RunState.Completed, expected), $"{last.Status}\n{Told}");
        }
        finally
        {
            await EndAsync(nodes.Values);
        }
    }

    [PostgresTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_WithoutBackups_OneOfWhoseNodesIsTerminated_LosesNoStep(bool isCoordinators)
    {
        // No checkpoint but the last, and the one that a farewell makes.
        var request = fixture.Request($"farewell-{isCoordinators}", steps: Steps) with { CheckpointInterval = 0, Backups = 0 };
        string expected = await fixture.PlainHashAsync(request, devices: 2);
        Dictionary<string, Process> nodes = [];
        foreach (string name in new[] { "a", "b" }) nodes.Add(name, await StartAsync(name));
        try
        {
            await using var client = await BlipClient.ConnectToDatabaseAsync(postgres.Server.Connection, _cluster).WaitAsync(Patience);
            await client.Run(_run).Start(request);
            var before = await UntilAsync(client, step: 12);
            string coordinator = await CoordinatorsNodeAsync(client);
            Assert.Equal(0, await NodeProcess.TerminateAsync(nodes.Single(node => node.Key == coordinator == isCoordinators).Value));
            var after = await client.AskAsync(() => client.Run(_run).Status());
            Assert.True(after.Step >= before.Step, $"{before}\n{after}\n{Told}");
            var last = await client.WatchAsync(_run).LastAsync();
            Assert.True((last.Status.State, last.Status.WeightsSha256) == (RunState.Completed, expected), $"{last.Status}\n{Told}");
        }
        finally
        {
            await EndAsync(nodes.Values);
        }
    }

    [PostgresFact]
    public async Task Reminder_OfARun_IsThereWhileItIsUnderWay()
    {
        await using var silo = await StartInProcessAsync("node-1", logging => { });
        await using var client = new BlipClient(silo.Client);
        var reminders = silo.Services.GetRequiredService<IReminderTable>();
        var run = client.Run(new RunId("reminded"));
        await run.Start(new RunRequest { Spec = RunFixture.Spec(steps: 1_000_000), CheckpointFolder = Path.Combine(fixture.Folder, "reminded") });
        await UntilAsync(async () => (await reminders.ReadRows(run.GetGrainId())).Reminders.Count == 1);
        await run.Kill();
        await UntilAsync(async () => (await reminders.ReadRows(run.GetGrainId())).Reminders.Count == 0);
    }

    [PostgresFact]
    public async Task Node_StartedAgainUnderItsName_DeclaresItsPredecessorDead()
    {
        using var log = new TestLog();
        using (var first = await StartAsync("a"))
        {
            first.Kill();
            await first.WaitForExitAsync();
        }
        await using var second = await StartInProcessAsync("a", logging => logging.AddProvider(log));
        var members = (await second.Services.GetRequiredService<IMembershipTable>().ReadAllAsync()).Members.Select(member => member.Item1).ToArray();
        Assert.Equal(second.Endpoint, members.Single(member => member.Status == SiloStatus.Active).SiloAddress.Endpoint);
        var dead = Assert.Single(members, member => member.SiloAddress.Endpoint.Port != second.Endpoint.Port && member.Status == SiloStatus.Dead).SiloAddress;
        Assert.Equal(2, members.Length);
        Assert.Contains(log.Lines, line => line.Contains($"{dead}, which bore this node's name and never left, is declared dead: True", StringComparison.Ordinal));
    }

    private string Told => string.Join('\n', _told.TakeLast(80));

    private static bool IsLast(Checkpoint checkpoint)
    {
        using (checkpoint) return checkpoint.Manifest.Step == Steps;
    }

    /// <summary>The node of the run's coordinator: there is one call to it at all times, the test's own.</summary>
    private async Task<string> CoordinatorsNodeAsync(BlipClient client)
    {
        var management = client.Cluster.GetGrain<IManagementGrain>(0);
        var address = await management.GetActivationAddress(client.Run(_run));
        var members = await management.GetDetailedHosts(onlyActive: true);
        return members.Single(member => member.SiloAddress.Equals(address)).SiloName!;
    }

    private async Task<RunStatus> UntilAsync(BlipClient client, long step)
    {
        RunStatus status = null!;
        await UntilAsync(async () => (status = await client.AskAsync(() => client.Run(_run).Status())).Step.Value >= step);
        return status;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        for (long start = Stopwatch.GetTimestamp(); !await isSo(); await look.WaitForNextTickAsync())
            if (Stopwatch.GetElapsedTime(start) > Patience) throw new TimeoutException("It does not come to that.");
    }

    private static async Task EndAsync(IEnumerable<Process> nodes)
    {
        foreach (var node in nodes)
        {
            if (!node.HasExited) node.Kill();
            await node.WaitForExitAsync();
            node.Dispose();
        }
    }

    private async Task<Process> StartAsync(string name)
    {
        var node = NodeProcess.Start("--name", name, "--cluster", _cluster, "--database", postgres.Server.Connection, "--devices", "1", "--device", "cpu");
        node.ErrorDataReceived += (_, line) => { if (line.Data is not null) _told.Enqueue($"{name}: {line.Data}"); };
        node.BeginErrorReadLine();
        Assert.True(await node.StandardOutput.ReadLineAsync().WaitAsync(Patience) is not null, Told);
        return node;
    }

    private Task<BlipSilo> StartInProcessAsync(string name, Action<ILoggingBuilder> log) => BlipSilo.StartAsync(
        new BlipSiloOptions { Name = name, ClusterId = _cluster, Database = postgres.Server.Connection, Devices = new DeviceOptions { DeviceCount = 1 } },
        services => services.AddLogging(log).AddSingleton<ISlotComputerFactory>(new FakeModel(name, new FakeBehaviour())));
}
