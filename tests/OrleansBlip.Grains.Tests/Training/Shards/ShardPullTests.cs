using Microsoft.Extensions.Time.Testing;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Shards;

/// <summary>Pulls that wait for a version keep nobody from making it, and do not wait for ever.</summary>
public sealed class ShardPullTests
{
    /// <summary>A test that fails does not hang.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Push_WhileAPullWaits_IsServedAndBringsWhatThePullWaitsFor()
    {
        await using var shard = await OpenAsync();
        var pull = shard.Hosted.PullAsync(Request(version: 1), Patience);
        Assert.False(pull.IsCompleted);
        Assert.Equal(PushOutcome.Accepted, (await shard.PushAsync(step: 0).WaitAsync(Patience)).Outcome);
        Assert.False(pull.IsCompleted);
        Assert.Equal(VerdictOutcome.Done, (await shard.DecideAsync(step: 0).WaitAsync(Patience)).Outcome);
        var answer = await pull.WaitAsync(Patience);
        Assert.Equal((PullOutcome.Found, 1), (answer.Outcome, answer.Block!.Version.Value));
    }

    [Fact]
    public async Task Pull_WhosePatienceEnds_IsToldNotYet()
    {
        await using var shard = await OpenAsync();
        var (patient, brief) = (shard.Hosted.PullAsync(Request(version: 1), TimeSpan.FromSeconds(10)), shard.Hosted.PullAsync(Request(version: 1), TimeSpan.FromSeconds(1)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PullOutcome.NotYet, (await brief.WaitAsync(Patience)).Outcome);
        Assert.False(patient.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(PullOutcome.NotYet, (await patient.WaitAsync(Patience)).Outcome);
    }

    [Fact]
    public async Task Pull_OfAVersionThatIsPast_IsToldSo()
    {
        await using var shard = await OpenAsync();
        await shard.PushAsync(step: 0);
        await shard.DecideAsync(step: 0);
        Assert.Equal(PullOutcome.Stale, (await shard.Hosted.PullAsync(Request(version: 0), Patience).WaitAsync(Patience)).Outcome);
    }

    [Fact]
    public async Task Pull_OfAShardThatIsClosed_IsToldThatTheViewIsOver()
    {
        Task<PullAnswer> pull;
        await using (var shard = await OpenAsync()) pull = shard.Hosted.PullAsync(Request(version: 1), Patience);
        Assert.Equal(PullOutcome.Fenced, (await pull.WaitAsync(Patience)).Outcome);
    }

    private Task<LoneShard> OpenAsync() => LoneShard.OpenAsync("nowhere", length: 16, _time);

    private static PullRequest Request(long version) => new() { View = new(1), Version = new(version) };
}
