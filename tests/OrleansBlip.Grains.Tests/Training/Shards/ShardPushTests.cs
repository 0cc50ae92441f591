using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Tests.Training.Shards;

/// <summary>What a shard takes, and what becomes of the memory that sums come in.</summary>
public sealed class ShardPushTests : IAsyncLifetime
{
    private const int Length = 16;

    private LoneShard _shard = null!;

    public async Task InitializeAsync() => _shard = await LoneShard.OpenAsync("nowhere", Length);

    public async Task DisposeAsync() => await _shard.DisposeAsync();

    [Fact]
    public async Task Garbage_IsRefusedWithTheReason()
    {
        var block = _shard.Block(step: 0);
        (GradientBlock Block, PushOutcome Outcome)[] garbage =
        [
            (block with { View = new(0) }, PushOutcome.Fenced),
            (block with { View = new(2) }, PushOutcome.Fenced),
            (block with { Step = new(1) }, PushOutcome.Stale),
            (block with { Sum = new FloatBlock(block.Sum.Values[1..]) }, PushOutcome.BadShape),
            (block with { Node = new TreeNode(0, 99) }, PushOutcome.BadShape),
            (block with { Checksum = block.Checksum + 1 }, PushOutcome.BadChecksum),
        ];
        foreach (var (bad, outcome) in garbage) Assert.Equal(outcome, (await _shard.Hosted.PushAsync(bad)).Outcome);
        Assert.Equal(PushOutcome.Accepted, (await _shard.Hosted.PushAsync(block)).Outcome);
    }

    [Fact]
    public async Task GivenMemory_IsKeptUntilTheStepIsDone()
    {
        var (home, sum) = Lend();
        Assert.Equal(PushOutcome.Accepted, (await GiveAsync(sum, home, step: 0)).Outcome);
        Assert.NotSame(sum, home.Rent());
        Assert.Equal(VerdictOutcome.Done, (await _shard.DecideAsync(step: 0)).Outcome);
        Assert.Same(sum, home.Rent());
    }

    [Fact]
    public async Task GivenMemory_OfARefusedBlock_GoesHomeAtOnce()
    {
        var (home, sum) = Lend();
        Assert.Equal(PushOutcome.Stale, (await GiveAsync(sum, home, step: 1)).Outcome);
        Assert.Same(sum, home.Rent());
    }

    [Fact]
    public async Task GivenMemory_OfSeveralShards_GoesHomeWhenTheLastLetsItGo()
    {
        var (home, sum) = Lend();
        var memory = new SumMemory(sum, home, shards: 2);
        await GiveAsync(sum, memory, step: 0);
        await _shard.DecideAsync(step: 0);
        Assert.NotSame(sum, home.Rent());
        memory.Release();
        Assert.Same(sum, home.Rent());
    }

    [Fact]
    public async Task GivenMemory_WhoseSumTheShardMade_IsAcceptedAgainWithoutIt()
    {
        var (home, sum) = Lend();
        var first = await GiveAsync(sum, home, step: 0);
        // As the sum of its node it may have become that of a higher one.
        sum.AsSpan().Clear();
        Assert.Equal(first, await _shard.Hosted.PushAsync(_shard.Block(step: 0) with { Sum = new FloatBlock(sum) }));
    }

    [Fact]
    public async Task PushedMemory_IsCopied()
    {
        var block = _shard.Block(step: 0);
        var (_, sum) = Lend();
        block.Sum.Span.CopyTo(sum);
        Assert.Equal(PushOutcome.Accepted, (await _shard.Hosted.PushAsync(block with { Sum = new FloatBlock(sum) })).Outcome);
        sum.AsSpan().Fill(float.NaN);
        await _shard.DecideAsync(step: 0);
        var answer = await _shard.Hosted.PullAsync(new PullRequest { View = new(1), Version = new(1) }, TimeSpan.FromSeconds(30));
        Assert.All(answer.Block!.Weights.Span.ToArray(), weight => Assert.True(float.IsFinite(weight)));
    }

    private static (GradientBuffers Home, float[] Sum) Lend()
    {
        var home = new GradientBuffers(Length);
        return (home, home.Rent());
    }

    private Task<PushAnswer> GiveAsync(float[] sum, GradientBuffers home, long step) => GiveAsync(sum, new SumMemory(sum, home), step);

    private Task<PushAnswer> GiveAsync(float[] sum, SumMemory memory, long step)
    {
        var block = _shard.Block(step);
        block.Sum.Span.CopyTo(sum);
        return new LocalShard(() => _shard.Hosted).GiveAsync(block with { Sum = new FloatBlock(sum) }, memory);
    }
}
