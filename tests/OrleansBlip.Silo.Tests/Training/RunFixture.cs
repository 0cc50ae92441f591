using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansBlip.Client;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Clusters and runs of the fake model, in a folder that goes with the test.</summary>
internal sealed class RunFixture : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public string Folder { get; } = Directory.CreateTempSubdirectory("blip-run").FullName;

    public FakeBehaviour Behaviour { get; } = new();

    public TestLog Log { get; } = new();

    public string StateFile => Path.Combine(Folder, "state.db");

    public static RunSpec Spec(int elements = 5000, int slots = 6, long steps = 6) => new()
    {
        Model = $$"""{"elements":{{elements}}}""",
        Data = "{}",
        Optimizer = "{}",
        DatasetDigest = new string('0', 64),
        SampleCount = 100,
        Seed = 5,
        Steps = steps,
        SlotCount = slots,
        SlotSize = 3,
    };

    public RunRequest Request(RunSpec spec, int shards = 0, long interval = 0, string name = "run") =>
        new() { Spec = spec, CheckpointFolder = Path.Combine(Folder, name), ShardCount = shards, CheckpointInterval = interval };

    public Task<BlipCluster> StartClusterAsync(int nodes, int devices = 2, bool durable = false, TimeProvider? time = null) => BlipCluster.StartAsync(
        nodes,
        new BlipSiloOptions { Devices = new DeviceOptions { DeviceCount = devices }, StateFile = durable ? StateFile : null },
        services => services
            .AddLogging(logging => logging.AddProvider(Log))
            .AddSingleton(time ?? TimeProvider.System)
            .AddSingleton<ISlotComputerFactory>(provider => new FakeModel(provider.GetRequiredService<ILocalSiloDetails>().Name, Behaviour)));

    /// <summary>The weights with which a run must end.</summary>
    public async Task<string> PlainHashAsync(RunSpec spec, int devices = 1, params ImmutableArray<Amendment> amendments) => (await PlainEndAsync(spec, devices, amendments)).WeightsSha256;

    /// <summary>What a run must end with.</summary>
    public async Task<PlainEnd> PlainEndAsync(RunSpec spec, int devices = 1, params ImmutableArray<Amendment> amendments)
    {
        await using var pool = new DevicePool(new DeviceOptions { DeviceCount = devices });
        return await PlainEnd.ComputeAsync(Request(spec), new FakeModel("plain", Behaviour), pool, amendments);
    }

    public async Task<RunStatus> RunToRestAsync(BlipCluster cluster, string run, RunRequest request)
    {
        await using var client = new BlipClient(cluster.Client);
        await client.Run(new RunId(run)).Start(request);
        return await RestAsync(cluster, run);
    }

    public async Task<RunStatus> RestAsync(BlipCluster cluster, string run)
    {
        await using var client = new BlipClient(cluster.Client);
        RunProgress? last = null;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await foreach (var progress in client.WatchAsync(new RunId(run), patience.Token)) last = progress;
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The run does not come to rest: {last?.Status}\n{string.Join('\n', Log.Lines)}");
        }
        return last!.Status;
    }

    /// <summary>Trainers are closed by calls that nobody awaits, so the last model may outlive the run's end by a moment.</summary>
    public async Task UntilNoComputerLivesAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Behaviour.LivingComputers > 0 && !patience.IsCancellationRequested) await look.WaitForNextTickAsync(CancellationToken.None);
        Assert.Equal(0, Behaviour.LivingComputers);
    }

    public void AssertCompleted(string expected, RunStatus status) =>
        Assert.True(status.State == RunState.Completed && status.WeightsSha256 == expected, $"Not completed with {expected}: {status}\n{string.Join('\n', Log.Lines)}");

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
