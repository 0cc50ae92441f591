using System.Text.RegularExpressions;
using OrleansBlip.Client;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>What a run says of itself when it hangs, and when it learns nothing.</summary>
public sealed class WatchedRunTests : IDisposable
{
    /// <summary>Steps over which the loss of ITM is looked at.</summary>
    private const int Window = 500;

    /// <summary>Its loss when it only knows that one pair of three is matched.</summary>
    private const double PriorEntropy = 0.6365;

    /// <summary>No run hangs before this time.</summary>
    private static readonly TimeSpan StallPatience = TimeSpan.FromSeconds(30);

    private readonly LeapingClock _clock = new();
    private readonly RunFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Status_OfARunThatHangs_NamesWhatItAwaits_UntilItMoves()
    {
        var spec = RunFixture.Spec(steps: 3);
        string expected = await _fixture.PlainHashAsync(spec);
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1, devices: 1, time: _clock);
        await using var client = new BlipClient(cluster.Client);
        var run = client.Run(new RunId("run"));
        using var release = new ManualResetEventSlim();
        _fixture.Behaviour.BeforeSlot = slot =>
        {
            if (slot is { Step: 1, Slot: 2 }) release.Wait();
        };
        try
        {
            await run.Start(_fixture.Request(spec));
            const string awaited = "For [0-9]+ s the run has awaited the gradients of step 1: slots 0-5 of node-1/0[.]";
            Assert.Matches($"^{awaited}$", (await UntilStalledAsync(run)).Stalled);
            Assert.Contains(_fixture.Log.Lines, line => Regex.IsMatch(line, $"Run run does not move. {awaited}"));
        }
        finally
        {
            release.Set();
        }
        var status = await _fixture.RestAsync(cluster, "run");
        _fixture.AssertCompleted(expected, status);
        await UntilAsync(run, status => status.Stalled is null);
    }

    /// <summary>A step that is skipped has taught nothing either way: it does not count.</summary>
    [Theory]
    [InlineData(Window, false)]
    [InlineData(Window + 1, true)]
    public async Task Status_OfARunWhoseMatchingGuesses_RaisesTheAlarmAfterAWindowOfSteps(int steps, bool isRaised)
    {
        _fixture.Behaviour.OtherLosses = [new SlotLoss("itm", PriorEntropy)];
        _fixture.Behaviour.IsPoisoned = (step, _) => step == 7;
        await using var cluster = await _fixture.StartClusterAsync(nodes: 1, devices: 1);
        var status = await _fixture.RunToRestAsync(cluster, "run", _fixture.Request(RunFixture.Spec(elements: 100, slots: 1, steps: steps), shards: 1));
        Assert.Equal(RunState.Completed, status.State);
        if (isRaised) Assert.StartsWith("ITM has collapsed: ", status.Alarm, StringComparison.Ordinal);
        else Assert.Null(status.Alarm);
    }

    /// <summary>
    /// Lets time leap until the run is seen to hang. A leap may come before the coordinator has looked at the step, and then counts for nothing; after too many that do, all shards
    /// would be asked anew.
    /// </summary>
    private Task<RunStatus> UntilStalledAsync(ITrainingRun run)
    {
        int looks = 0;
        return UntilAsync(run, status =>
        {
            if (status.Step.Value == 1 && status.Stalled is null && looks++ % 6 == 1) _clock.Leap(StallPatience);
            return status.Stalled is not null;
        });
    }

    private async Task<RunStatus> UntilAsync(ITrainingRun run, Func<RunStatus, bool> isReached)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (true)
        {
            var status = await run.Status();
            if (isReached(status)) return status;
            Assert.False(patience.IsCancellationRequested, $"{status}\n{string.Join('\n', _fixture.Log.Lines)}");
            await look.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
