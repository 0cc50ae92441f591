using OrleansBlip.Cli.Commands;
using OrleansBlip.Silo.Processes;

namespace OrleansBlip.Cli.Nodes;

/// <summary>One node's process, and its successors: one that ends by itself is started again, after a pause that grows while none of them lasts.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Whoever has lived so long is no sign of a fault that stays.</summary>
    private static readonly TimeSpan LongLife = TimeSpan.FromMinutes(1);

    /// <summary>How long one may take to leave in good order.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(45);

    private readonly Func<Action<string>, Task<OwnedProcess>> _start;
    private readonly Action<string> _tell;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _life;
    private OwnedProcess? _process;

    /// <summary>Starts one.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="start">Starts its process, which calls back with each line of its stdout; the first says that it is in the cluster.</param>
    /// <param name="tell">Is told when one ends by itself.</param>
    /// <param name="time">The clock of the pauses.</param>
    public NodeProcess(string name, Func<Action<string>, Task<OwnedProcess>> start, Action<string> tell, TimeProvider time)
    {
        (Name, _start, _tell, _time) = (name, start, tell, time);
        _life = LiveAsync();
    }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>Where its process stands.</summary>
    public NodeState State { get; private set; }

    /// <summary>The process's number; null where there is none.</summary>
    public int? ProcessId => _process?.Id;

    /// <summary>Comes when it is in the cluster for the first time; a <see cref="CommandException"/> where its first process never is.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Lets the node leave in good order, or ends it where it takes too long.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _process?.Terminate();
        if (await Task.WhenAny(_life, Task.Delay(StopPatience, _time)) != _life) _process?.Kill();
        await _life;
        _stopping.Dispose();
    }

    private async Task LiveAsync()
    {
        for (var pause = FirstPause; !_stopping.IsCancellationRequested;)
        {
            long start = _time.GetTimestamp();
            string ended;
            try
            {
                ended = await LiveOnceAsync();
            }
            catch (IOException failure)
            {
                ended = failure.Message;
            }
            if (_stopping.IsCancellationRequested || _ready.TrySetException(new CommandException(ExitCode.Failed, $"{Name} does not start: {ended}"))) break;
            if (_time.GetElapsedTime(start) >= LongLife) pause = FirstPause;
            State = NodeState.Waiting;
            _tell($"{Name}: {ended}; it is started again in {pause.TotalSeconds:f0} s");
            await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
        State = NodeState.Stopped;
        _ready.TrySetCanceled();
    }

    /// <summary>The life of one process.</summary>
    /// <returns>How it ended.</returns>
    private async Task<string> LiveOnceAsync()
    {
        State = NodeState.Starting;
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var process = await _start(_ => running.TrySetResult());
        _process = process;
        // Whoever wanted to stop it before it was there could not.
        if (_stopping.IsCancellationRequested) process.Terminate();
        if (await Task.WhenAny(running.Task, process.Ended) == running.Task)
        {
            State = NodeState.Running;
            _ready.TrySetResult();
        }
        int exitCode = await process.Ended;
        _process = null;
        const int signals = 128;
        string how = exitCode > signals ? $"process {process.Id} was ended by signal {exitCode - signals}" : $"process {process.Id} ended with exit code {exitCode}";
        return process.Complaints.LastOrDefault(line => line.StartsWith("error: ", StringComparison.Ordinal)) is { } complaint ? $"{how} ({complaint["error: ".Length..]})" : how;
    }
}
