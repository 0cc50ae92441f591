using OrleansBlip.Client;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>A run whose checkpoints are damaged goes on without them and says so.</summary>
public sealed class DamagedCheckpointTests : IDisposable
{
    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(4, "manifests", 3)]
    [InlineData(4, "objects", 3)]
    [InlineData(8, "manifests", 2)]
    [InlineData(8, "objects", 2)]
    public async Task Run_ResumedBesideADamagedCheckpoint_GoesOnWithoutItAndSaysSo(long damagedStep, string part, int kept)
    {
        var spec = RunFixture.Spec(steps: 12);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 2);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        var request = _fixture.Request(spec) with { CheckpointsKept = kept };
        await PauseAtAsync(cluster, run, step: 4, () => run.Start(request));
        await PauseAtAsync(cluster, run, step: 8, run.Resume);
        Damage(request.CheckpointFolder, damagedStep, part);

        // Where the newest one is damaged the run goes on from the one before.
        _fixture.Behaviour.Computed.Clear();
        var paused = await PauseAtAsync(cluster, run, step: 10, run.Resume);
        Assert.Equal(damagedStep == 8 ? 4 : 8, _fixture.Behaviour.Computed.Min(slot => slot.Step));
        Assert.Contains($"-step{damagedStep}-", paused.Alarm, StringComparison.Ordinal);
        Assert.Single(_fixture.Log.Lines, line => line.Contains("is damaged, and the run does without it", StringComparison.Ordinal) && line.Contains($"-step{damagedStep}-", StringComparison.Ordinal));

        await run.Resume();
        var status = await _fixture.RestAsync(cluster, "run");
        _fixture.AssertCompleted(expected, status);
        Assert.Equal((null, null), (status.Problem, status.Alarm));
        Assert.Equal(damagedStep == 8 ? [10L, 12L] : [8L, 10L, 12L], Directory.GetFiles(Path.Combine(request.CheckpointFolder, "manifests")).Select(StepOf).Order());
    }

    [Fact]
    public async Task Fork_FromACheckpointBesideADamagedOne_GoesOn()
    {
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        var request = _fixture.Request(RunFixture.Spec(steps: 6));
        await PauseAtAsync(cluster, run, step: 3, () => run.Start(request));
        await run.Resume();
        var whole = await _fixture.RestAsync(cluster, "run");
        string origin;
        using (var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenOf(step: 3)) origin = checkpoint.ManifestSha256;
        Damage(request.CheckpointFolder, step: 6, "manifests");
        var fork = request with { Spec = request.Spec with { ForkedFromSha256 = origin }, ForkedFromFolder = request.CheckpointFolder, CheckpointFolder = Path.Combine(_fixture.Folder, "fork") };
        _fixture.AssertCompleted(whole.WeightsSha256!, await _fixture.RunToRestAsync(cluster, "fork", fork));

        Damage(request.CheckpointFolder, step: 3, "objects");
        var status = await _fixture.RunToRestAsync(cluster, "other", fork with { CheckpointFolder = Path.Combine(_fixture.Folder, "other") });
        Assert.Equal(RunState.Failed, status.State);
        Assert.Contains($"has the SHA-256 {origin} is damaged", status.Problem, StringComparison.Ordinal);
    }

    private async Task<RunStatus> PauseAtAsync(BlipCluster cluster, ITrainingRun run, long step, Func<Task> start)
    {
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot.Step == step - 1) run.Pause().GetAwaiter().GetResult();
        };
        await start();
        var status = await _fixture.RestAsync(cluster, "run");
        _fixture.Behaviour.BeforeSlot = null;
        Assert.Equal((RunState.Paused, new StepNumber(step)), (status.State, status.Step));
        return status;
    }

    private static long StepOf(string manifest) => long.Parse(Path.GetFileName(manifest).Split('-')[1]["step".Length..], System.Globalization.CultureInfo.InvariantCulture);

    private static void Damage(string folder, long step, string part)
    {
        string path = Directory.GetFiles(Path.Combine(folder, part), part == "objects" ? $"{step:D10}-*" : $"*-step{step}-*").First();
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
    }
}
