using System.Threading.Channels;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Coordination;

/// <summary>
/// What comes in to a coordinator, from any thread. One loop puts it to the ledger and carries the ledger's actions out, one after the other, so the
/// order of decisions is that of their persistence. Who waits for an answer has it once those actions are carried out: while a cluster comes up, several activations of a
/// coordinator may live side by side, and what one takes in that then gives way would be lost with it.
/// </summary>
internal sealed class Mailbox<TAction>
{
    private readonly Channel<Letter> _mail = Channel.CreateUnbounded<Letter>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Queue<TAction> _pending = new();

    /// <summary>Something has happened here. A closed mailbox forgets it: whoever follows sees for itself.</summary>
    public void Post(Func<IReadOnlyList<TAction>> happened) => _mail.Writer.TryWrite(new Letter(happened, new TaskCompletionSource()));

    /// <summary>A command or a report of somebody else: it is refused by the ledger, or accepted and carried out.</summary>
    /// <exception cref="RunRefusedException">The ledger refuses it.</exception>
    /// <exception cref="OrleansException">This coordinator gives way, and what became of it is unknown: it is to be sent again.</exception>
    public Task AskAsync(Func<IReadOnlyList<TAction>> happened)
    {
        var letter = new Letter(happened, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return _mail.Writer.TryWrite(letter) ? letter.Answer.Task : Task.FromException(GivesWay(null));
    }

    /// <summary>Carries out what <paramref name="begin"/> says, then what the mail brings about, until the mailbox is closed or something fails.</summary>
    public async Task WorkAsync(Func<Task<IReadOnlyList<TAction>>> begin, Func<TAction, Task> execute)
    {
        try
        {
            await ExecuteAsync(await begin(), execute);
            await foreach (var letter in _mail.Reader.ReadAllAsync()) await AnswerAsync(letter, execute);
        }
        finally
        {
            Close();
            while (_mail.Reader.TryRead(out var left)) Fail(left, GivesWay(null));
        }
    }

    /// <summary>Takes nothing more in; what is in is still worked through.</summary>
    public void Close() => _mail.Writer.TryComplete();

    private async Task AnswerAsync(Letter letter, Func<TAction, Task> execute)
    {
        try
        {
            if (Judge(letter) is not { } actions) return;
            await ExecuteAsync(actions, execute);
        }
        catch (Exception failure)
        {
            Fail(letter, GivesWay(failure));
            throw;
        }
        letter.Answer.SetResult();
    }

    private static IReadOnlyList<TAction>? Judge(Letter letter)
    {
        try
        {
            return letter.Happened();
        }
        catch (RunRefusedException refused)
        {
            Fail(letter, refused);
            return null;
        }
    }

    private async Task ExecuteAsync(IReadOnlyList<TAction> actions, Func<TAction, Task> execute)
    {
        foreach (var action in actions) _pending.Enqueue(action);
        while (_pending.TryDequeue(out var action)) await execute(action);
    }

    private static void Fail(Letter letter, Exception failure)
    {
        letter.Answer.SetException(failure);
        // Nobody waits for what was only posted.
        _ = letter.Answer.Task.Exception;
    }

    private static OrleansException GivesWay(Exception? failure) => new($"The coordinator gives way to another one{(failure is null ? "" : $": {failure.Message.TrimEnd('.')}")}. Try again.");

    private sealed record Letter(Func<IReadOnlyList<TAction>> Happened, TaskCompletionSource Answer);
}
