using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Versions;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Silo.Tests.Bootstrapping;

/// <summary>CapFilt from noisy pairs to the next model, on real grains and real models (BLIP §3.3).</summary>
public sealed class BootstrapJobTests(BootstrapFixture fixture) : IClassFixture<BootstrapFixture>
{
    [Fact]
    public async Task Job_OnOneNodeOrThree_EndsWithTheSameDataAndModels()
    {
        var one = await RunAsync(nodes: 1, "one", rounds: 2);
        var three = await RunAsync(nodes: 3, "three", rounds: 2);
        Assert.Equal(3, one.Rounds.Length);
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(Hashes(one.Rounds[round]), Hashes(three.Rounds[round]));
            Assert.Equal(one.Rounds[round].Counts, three.Rounds[round].Counts);
        }
        Assert.NotEqual(one.Rounds[0].Pretrained!.WeightsSha256, one.Rounds[1].Pretrained!.WeightsSha256);
        Assert.NotEqual(one.Rounds[0].DatasetDigest, one.Rounds[1].DatasetDigest);
        await CheckRoundAsync(one.Rounds[0], fixture.PathOf("one"));
    }

    [Fact]
    public async Task Job_WhoseNodeLeavesWhileItCaptions_GoesOnThereOnTheNext()
    {
        var undisturbed = await RunAsync(nodes: 1, "undisturbed", rounds: 1);
        var (request, state) = (fixture.Job("disturbed"), fixture.PathOf("state.db"));
        var leaves = 0;
        foreach (var phase in new[] { BootstrapPhase.Pretraining, BootstrapPhase.Captioning, BootstrapPhase.Filtering, BootstrapPhase.Publishing })
        {
            await using var cluster = await fixture.StartAsync(1, state);
            var job = cluster.Client.GetGrain<IBootstrapRun>("job");
            await job.Start(request);
            await BootstrapFixture.UntilAsync(job, status => status.State == BootstrapState.Completed || status.Stage.Round > 1 || status.Stage.Phase >= phase);
            leaves++;
        }
        Assert.Equal(4, leaves);
        await using var last = await fixture.StartAsync(1, state);
        var resumed = last.Client.GetGrain<IBootstrapRun>("job");
        var completed = await BootstrapFixture.UntilAsync(resumed, status => status.State == BootstrapState.Completed);
        Assert.Equal(undisturbed.Rounds.Select(Hashes), completed.Rounds.Select(Hashes));
        await CheckRoundAsync(completed.Rounds[0], fixture.PathOf("disturbed"));
    }

    [Fact]
    public async Task Job_PausedInAnyPhase_ResumesToTheSameEnd()
    {
        var undisturbed = await RunAsync(nodes: 1, "plain", rounds: 1);
        await using var cluster = await fixture.StartAsync(1);
        var job = cluster.Client.GetGrain<IBootstrapRun>("job");
        await job.Start(fixture.Job("paused"));
        for (var phase = BootstrapPhase.Pretraining; phase <= BootstrapPhase.Publishing; phase++)
        {
            var reached = await BootstrapFixture.UntilAsync(job, status => status.IsAtRest || status.Stage.Round > 1 || status.Stage.Phase >= phase);
            if (reached.IsAtRest || reached.Stage.Round > 1) break;
            await job.Pause();
            await BootstrapFixture.UntilAsync(job, status => status.IsAtRest);
            await job.Resume();
        }
        var completed = await BootstrapFixture.UntilAsync(job, status => status.IsAtRest);
        Assert.Equal(BootstrapState.Completed, completed.State);
        Assert.Equal(undisturbed.Rounds.Select(Hashes), completed.Rounds.Select(Hashes));
    }

    [Fact]
    public async Task Job_OnDataThatIsNotThere_FailsWithTheReason()
    {
        await using var cluster = await fixture.StartAsync(1);
        var job = cluster.Client.GetGrain<IBootstrapRun>("job");
        await job.Start(fixture.Job("nowhere") with { Web = fixture.PathOf("missing") });
        var status = await BootstrapFixture.UntilAsync(job, status => status.Problem is not null);
        Assert.Equal(BootstrapState.Failed, status.State);
        Assert.Contains("missing", status.Problem, StringComparison.Ordinal);
    }

    private async Task<BootstrapStatus> RunAsync(int nodes, string output, int rounds)
    {
        await using var cluster = await fixture.StartAsync(nodes);
        var job = cluster.Client.GetGrain<IBootstrapRun>("job");
        await job.Start(fixture.Job(output, rounds));
        return await BootstrapFixture.UntilAsync(job, status => status.State == BootstrapState.Completed);
    }

    private static (string?, string?, string?, string?) Hashes(BootstrapRound round) =>
        (round.Pretrained?.WeightsSha256, round.Captioner?.WeightsSha256, round.Filter?.WeightsSha256, round.DatasetDigest);

    private async Task CheckRoundAsync(BootstrapRound round, string output)
    {
        var counts = round.Counts!;
        using var web = PairSources.Open(fixture.Job("").Web);
        Assert.Equal((BootstrapFixture.PictureCount, 1), (counts.Pictures, counts.Quarantined));
        Assert.Equal(web.PairCount - 1, counts.WebKept + counts.WebRejected);
        Assert.Equal(BootstrapFixture.PictureCount - 1, counts.SyntheticKept + counts.SyntheticRejected);
        Assert.True(counts.WebKept > 0 && counts.SyntheticKept > 0, $"{counts}");

        var version = DatasetVersion.Open(round.Dataset!);
        Assert.Equal((web.Digest, round.DatasetDigest), (version.ParentDigest, version.Digest));
        var rows = await version.ReadCaptionsAsync();
        Assert.Equal(web.PairCount - 1 + BootstrapFixture.PictureCount - 1, rows.Count);
        Assert.Equal(rows.Count, rows.Select(row => row.Uid).Distinct().Count());
        Assert.Equal(counts.WebKept + counts.SyntheticKept, Pairs(round.Dataset!));
        Assert.Equal(counts.WebKept, Pairs(Path.Combine(output, "round1", "arms", "filter")));
        Assert.Equal(counts.WebKept, Pairs(Path.Combine(output, "round1", "arms", "random")));
        Assert.Equal(counts.WebKept + counts.WebRejected + rows.Count(row => row.CaptionSource == "synthetic" && row.Caption.Length > 0), Pairs(Path.Combine(output, "round1", "arms", "captioner")));
    }

    private static int Pairs(string folder)
    {
        using var source = PairSources.Open(folder);
        return source.PairCount;
    }
}
