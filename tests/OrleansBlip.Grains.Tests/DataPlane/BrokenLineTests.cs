using Microsoft.Extensions.Logging.Abstractions;
using OrleansBlip.Grains.Training;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Tests.DataPlane;

/// <summary>Lines that are cut, stand still or change bits: a block is sent again, and counts once.</summary>
public sealed class BrokenLineTests
{
    private const int Length = 100_000;

    private readonly Delivery _delivery = new(TimeProvider.System, NullLogger<Delivery>.Instance);

    [Fact]
    public async Task Push_OnALineThatIsCutInTheMiddle_IsSentAgainAndAcceptedOnce()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        await using var line = new FlakyLine(fixture.Endpoint, (connection, place, _) => connection >= 2 || place < 150_000 * (connection + 1));
        int port = line.Open();
        await using var remote = fixture.Remote(Length, ticket => ticket with { Port = port });
        var answer = await _delivery.UntilHeardAsync("block", () => remote.PushAsync(PlaneFixture.Block(Length), CancellationToken.None), () => true);
        Assert.Equal((PushOutcome.Accepted, 3), (answer.Outcome, line.Connections));
        Assert.Equal([PushOutcome.Accepted], fixture.Shard!.Outcomes);
    }

    [Fact]
    public async Task Push_WhoseAnswerIsLost_GetsTheSameAnswerAgain()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        await using var line = new FlakyLine(fixture.Endpoint, downward: (connection, _, _) => connection > 0);
        int port = line.Open();
        await using var remote = fixture.Remote(Length, ticket => ticket with { Port = port });
        var answer = await _delivery.UntilHeardAsync("block", () => remote.PushAsync(PlaneFixture.Block(Length), CancellationToken.None), () => true);
        Assert.Equal(PushOutcome.Accepted, answer.Outcome);
        Assert.Equal([PushOutcome.Accepted, PushOutcome.Accepted], fixture.Shard!.Outcomes);
        Assert.Single(fixture.Shard.Accepted);
    }

    [Fact]
    public async Task Push_OnAConnectionThatBrokeWhileItStoodIdle_GoesOverANewOneAtOnce()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        long whole = 0;
        // The first block's bytes are let through, the second's not.
        await using var line = new FlakyLine(fixture.Endpoint, (connection, place, piece) =>
        {
            if (connection == 0 && fixture.Shard!.Accepted.IsEmpty) whole = place + piece.Length;
            return connection > 0 || place < whole;
        });
        int port = line.Open();
        await using var remote = fixture.Remote(Length, ticket => ticket with { Port = port });
        Assert.Equal(PushOutcome.Accepted, (await remote.PushAsync(PlaneFixture.Block(Length), CancellationToken.None)).Outcome);
        Assert.Equal(PushOutcome.Accepted, (await remote.PushAsync(PlaneFixture.Block(Length, new TreeNode(0, 4)), CancellationToken.None)).Outcome);
        Assert.Equal((2, 2), (line.Connections, fixture.Shard!.Accepted.Count));
    }

    [Theory]
    [InlineData(200_000)] // in the sum
    [InlineData(402_000)] // in the features
    public async Task Push_OfWhichABitFlips_IsABadChecksumAndGoodTheNextTime(int flipped)
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        bool isFlipped = false;
        await using var line = new FlakyLine(fixture.Endpoint, (_, place, piece) =>
        {
            if (!isFlipped && place <= flipped && flipped < place + piece.Length)
            {
                isFlipped = true;
                piece[(int)(flipped - place)] ^= 4;
            }
            return true;
        });
        int port = line.Open();
        await using var remote = fixture.Remote(Length, ticket => ticket with { Port = port });
        var block = PlaneFixture.Block(Length, features: 1000);
        Assert.Equal(PushOutcome.BadChecksum, (await remote.PushAsync(block, CancellationToken.None)).Outcome);
        Assert.Equal(PushOutcome.Accepted, (await remote.PushAsync(block, CancellationToken.None)).Outcome);
        Assert.Equal(block.Sum.Span.ToArray(), Assert.Single(fixture.Shard!.Accepted).Sum);
    }

    [Fact]
    public async Task Pull_OfWhichABitFlips_IsNotTaken()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        await using var line = new FlakyLine(fixture.Endpoint, downward: (connection, place, piece) =>
        {
            if (connection == 0 && place <= 100_000 && 100_000 < place + piece.Length) piece[(int)(100_000 - place)] ^= 4;
            return true;
        });
        int port = line.Open();
        await using var remote = fixture.Remote(Length, ticket => ticket with { Port = port });
        float[] weights = [.. Enumerable.Range(0, Length).Select(i => (float)i)];
        fixture.Shard!.Gate.Open(new ViewNumber(1), new ParameterBlock { Version = new StepNumber(0), WeightStart = 0, Weights = new FloatBlock(weights), MomentumStart = 0, Momentum = new FloatBlock(weights) });
        var request = new PullRequest { View = new ViewNumber(1), Version = new StepNumber(0) };
        await Assert.ThrowsAnyAsync<IOException>(() => remote.PullAsync(request, null, CancellationToken.None));
        var answer = await remote.PullAsync(request, null, CancellationToken.None);
        Assert.Equal(weights, answer.Block!.Weights.Span.ToArray());
    }

    [Fact]
    public async Task Pull_OnALineThatStandsStill_IsGivenUpAfterTheSilence()
    {
        var options = new Grains.DataPlane.DataPlaneOptions { Silence = TimeSpan.FromSeconds(2), Heartbeat = TimeSpan.FromMilliseconds(50) };
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length), options);
        using var stopped = new ManualResetEventSlim();
        await using var line = new FlakyLine(fixture.Endpoint, downward: (_, _, _) =>
        {
            stopped.Wait(PlaneFixture.Patience);
            return false;
        });
        int port = line.Open();
        await using var remote = fixture.Remote(Length, ticket => ticket with { Port = port });
        // The version never comes, and its owner's word that it waits does not either.
        fixture.Shard!.Gate.Open(new ViewNumber(1), null);
        var failure = await Assert.ThrowsAnyAsync<IOException>(() => remote.PullAsync(new PullRequest { View = new ViewNumber(1), Version = new StepNumber(0) }, null, CancellationToken.None));
        Assert.Contains("too long", failure.Message, StringComparison.Ordinal);
        stopped.Set();
    }

    [Fact]
    public async Task Pull_ThatIsNoLongerWanted_EndsAtOnce()
    {
        await using var fixture = PlaneFixture.Start(new PlaneShard(Length));
        await using var remote = fixture.Remote(Length);
        fixture.Shard!.Gate.Open(new ViewNumber(1), null);
        using var over = new CancellationTokenSource();
        var pull = remote.PullAsync(new PullRequest { View = new ViewNumber(1), Version = new StepNumber(0) }, null, over.Token);
        await PlaneFixture.UntilAsync(() => fixture.Count("orleansblip_block_bytes", "sent") > 0);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull);
    }
}
