using System.Threading.Channels;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Coordination;

/// <summary>
/// What comes in to a coordinator, from any thread. One loop puts it to the ledger and carries the ledger's actions out, one after the other, so the
/// order of decisions is that of their persistence.
/// </summary>
internal sealed class Mailbox<TAction>
{
    private readonly Channel<Action> _mail = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Queue<TAction> _pending = new();

    /// <summary>Something has happened. A closed mailbox forgets it: whoever follows hears of it anew.</summary>
    public void Post(Func<IReadOnlyList<TAction>> happened) => _mail.Writer.TryWrite(() => Enqueue(happened()));

    /// <summary>A command: it is refused at once, by the ledger, or accepted; its actions follow.</summary>
    /// <exception cref="RunRefusedException">The ledger refuses it, or the mailbox is closed.</exception>
    public Task AskAsync(Func<IReadOnlyList<TAction>> command)
    {
        var judged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isOpen = _mail.Writer.TryWrite(() =>
        {
            try
            {
                Enqueue(command());
                judged.SetResult();
            }
            catch (RunRefusedException exception)
            {
                judged.SetException(exception);
            }
        });
        return isOpen ? judged.Task : Task.FromException(new RunRefusedException("The coordinator is leaving this node. Try again."));
    }

    /// <summary>Carries out <paramref name="first"/>, then what the mail brings about, until the mailbox is closed or an action fails.</summary>
    public async Task WorkAsync(IReadOnlyList<TAction> first, Func<TAction, Task> execute)
    {
        Enqueue(first);
        await ExecutePendingAsync(execute);
        await foreach (var happened in _mail.Reader.ReadAllAsync())
        {
            happened();
            await ExecutePendingAsync(execute);
        }
    }

    /// <summary>Takes nothing more in; what is in is still worked through.</summary>
    public void Close() => _mail.Writer.TryComplete();

    private void Enqueue(IReadOnlyList<TAction> actions)
    {
        foreach (var action in actions) _pending.Enqueue(action);
    }

    private async Task ExecutePendingAsync(Func<TAction, Task> execute)
    {
        while (_pending.TryDequeue(out var action)) await execute(action);
    }
}
