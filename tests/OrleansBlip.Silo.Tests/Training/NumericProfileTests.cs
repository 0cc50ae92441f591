using OrleansBlip.Client;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Model.Devices;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Who computes otherwise than the run takes no part in it, and is told in what.</summary>
public sealed class NumericProfileTests(RealModelFixture fixture) : IClassFixture<RealModelFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Node_WhoseLibtorchUsesNoVectors_IsRefusedAndTheDifferenceIsNamed()
    {
        var (clusterId, state) = (Guid.NewGuid().ToString("N"), Path.Combine(fixture.Folder, "state.db"));
        await using var cluster = await BlipCluster.StartAsync(
            nodes: 1,
            new BlipSiloOptions { ClusterId = clusterId, StateFile = state, Devices = new DeviceOptions { DeviceCount = 1 }, ClaimDevice = _ => TorchThreads.Claim(1) },
            services => services.AddTorch());
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("real"));
        await run.Start(fixture.Request("profile", steps: 1_000_000));
        Assert.Null((await UntilAsync(run, status => status.State == RunState.Training && status.TrainerCount == 1)).Problem);

        using var other = NodeProcess.StartIn(new() { ["ATEN_CPU_CAPABILITY"] = "default" }, "--name", "other", "--cluster", clusterId, "--state", state, "--primary", $"{cluster.Silos[0].Endpoint}", "--devices", "1");
        var refused = await UntilAsync(run, status => status.Problem is not null);
        Assert.Matches("^Device other/0 computes otherwise than the run and takes no part .*instruction set: DEFAULT here, (AVX2|AVX512) in the run", refused.Problem);
        Assert.Contains("environment: ATEN_CPU_CAPABILITY=default here, nothing set in the run", refused.Problem, StringComparison.Ordinal);
        Assert.Contains("gradient of the canary slot", refused.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("build", refused.Problem, StringComparison.Ordinal);
        Assert.Equal((RunState.Training, 1), (refused.State, refused.TrainerCount));

        await run.Stop();
        await UntilAsync(run, status => status.State == RunState.Stopped);
        Assert.Equal(0, await NodeProcess.TerminateAsync(other));
    }

    private static async Task<RunStatus> UntilAsync(ITrainingRun run, Func<RunStatus, bool> isReached)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            var status = await run.Status();
            if (isReached(status)) return status;
            Assert.True(!status.IsAtRest && !patience.IsCancellationRequested, $"{status}");
            await look.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
