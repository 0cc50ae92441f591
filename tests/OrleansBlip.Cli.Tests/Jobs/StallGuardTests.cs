using Microsoft.Extensions.Time.Testing;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;

namespace OrleansBlip.Cli.Tests.Jobs;

public sealed class StallGuardTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly StallGuard _guard;

    public StallGuardTests() => _guard = new StallGuard(_time);

    [Fact]
    public void Look_AtAJobThatWaitsTooLong_EndsItAndSaysWhatFor()
    {
        Look("the disk is full.");
        _time.Advance(StallGuard.Patience - TimeSpan.FromSeconds(1));
        Look("the disk is full.");
        _time.Advance(TimeSpan.FromSeconds(1));
        var ended = Assert.Throws<CommandException>(() => Look("the disk is full."));
        Assert.Equal(ExitCode.Failed, ended.ExitCode);
        Assert.StartsWith("pre-train cannot go on: the disk is full. ", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Look_AtAJobThatWentOnMeanwhile_BeginsAnew()
    {
        Look("x");
        _time.Advance(StallGuard.Patience);
        Look(null);
        Look("x");
        _time.Advance(StallGuard.Patience - TimeSpan.FromSeconds(1));
        Look("x");
    }

    [Fact]
    public void Look_ForAUserWhoWantsToStop_EndsAtOnce() => Assert.Throws<CommandException>(() => _guard.Look("pre-train", "x", new CancellationToken(canceled: true)));

    private void Look(string? waits) => _guard.Look("pre-train", waits, CancellationToken.None);
}
