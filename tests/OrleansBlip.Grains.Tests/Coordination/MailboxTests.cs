using OrleansBlip.Grains.Coordination;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Tests.Coordination;

/// <summary>What a coordinator has acknowledged it has carried out; what it cannot carry out any more its sender hears of, and sends again.</summary>
public sealed class MailboxTests
{
    private readonly Mailbox<string> _mailbox = new();

    [Fact]
    public async Task Report_IsAnsweredOnceItsActionsAreCarriedOut()
    {
        var persisted = new TaskCompletionSource();
        var work = _mailbox.WorkAsync(Nothing, _ => persisted.Task);
        var report = _mailbox.AskAsync(() => ["persist"]);
        var later = _mailbox.AskAsync(() => []);
        _mailbox.Close();
        Assert.False(report.IsCompleted);
        Assert.False(later.IsCompleted);
        persisted.SetResult();
        await work;
        await report;
        await later;
    }

    [Fact]
    public async Task Report_ThatMakesACoordinatorGiveWay_Fails_AndSoDoesAllThatWaits()
    {
        var report = _mailbox.AskAsync(() => ["step down"]);
        var waiting = _mailbox.AskAsync(() => []);
        var work = _mailbox.WorkAsync(Nothing, action => throw new InvalidOperationException(action));
        await Assert.ThrowsAsync<InvalidOperationException>(() => work);
        Assert.Contains("step down", (await Assert.ThrowsAsync<OrleansException>(() => report)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OrleansException>(() => waiting);
        await Assert.ThrowsAsync<OrleansException>(() => _mailbox.AskAsync(() => []));
    }

    [Fact]
    public async Task Report_ToACoordinatorThatCannotBegin_Fails()
    {
        var waiting = _mailbox.AskAsync(() => []);
        await Assert.ThrowsAsync<IOException>(() => _mailbox.WorkAsync(() => throw new IOException("no nodes"), _ => Task.CompletedTask));
        await Assert.ThrowsAsync<OrleansException>(() => waiting);
    }

    [Fact]
    public async Task Command_ThatIsRefused_IsTold_AndTheCoordinatorGoesOn()
    {
        var refused = _mailbox.AskAsync(() => throw new RunRefusedException("no"));
        var accepted = _mailbox.AskAsync(() => ["yes"]);
        List<string> done = [];
        _mailbox.Close();
        await _mailbox.WorkAsync(() => Task.FromResult<IReadOnlyList<string>>(["first"]), action =>
        {
            done.Add(action);
            return Task.CompletedTask;
        });
        await Assert.ThrowsAsync<RunRefusedException>(() => refused);
        await accepted;
        Assert.Equal(["first", "yes"], done);
    }

    private static Task<IReadOnlyList<string>> Nothing() => Task.FromResult<IReadOnlyList<string>>([]);
}
