using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Shards;

public sealed class VersionGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly VersionGate _gate = new(TimeProvider.System);

    public VersionGateTests() => _gate.Open(new ViewNumber(3), block: null);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Pull_OfAnotherView_IsToldThatTheViewIsOver(long view)
    {
        var pull = _gate.WaitAsync(Request(view), Patience);
        Assert.True(pull.IsCompleted);
        Assert.Equal(PullOutcome.Fenced, (await pull).Outcome);
    }

    [Fact]
    public async Task Pull_WhoseViewEndsWhileItWaits_IsToldThatTheViewIsOver()
    {
        var pull = _gate.WaitAsync(Request(view: 3), Patience);
        Assert.False(pull.IsCompleted);
        _gate.Open(new ViewNumber(4), block: null);
        Assert.Equal(PullOutcome.Fenced, (await pull.WaitAsync(Patience)).Outcome);
    }

    private static PullRequest Request(long view) => new() { View = new(view), Version = new(1) };
}
