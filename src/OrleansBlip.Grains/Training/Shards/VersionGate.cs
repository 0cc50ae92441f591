using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>Where pulls wait for the version they want, on no thread. Thread-safe.</summary>
internal sealed class VersionGate(TimeProvider time)
{
    private readonly Lock _lock = new();
    private (ViewNumber View, ParameterBlock? Block) _current;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Lets those through who wait for <paramref name="block"/>, and refuses other views than <paramref name="view"/>.</summary>
    public void Open(ViewNumber view, ParameterBlock? block)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _current = (view, block);
            (changed, _changed) = (_changed, NewSignal());
        }
        changed.SetResult();
    }

    /// <summary>Waits for a version, at most <paramref name="patience"/>.</summary>
    public async Task<PullAnswer> WaitAsync(PullRequest request, TimeSpan patience)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            ((var view, var block), var changed) = Snapshot();
            if (view != request.View) return new PullAnswer { Outcome = PullOutcome.Fenced };
            if (block?.Version == request.Version) return new PullAnswer { Outcome = PullOutcome.Found, Block = block };
            if (block?.Version > request.Version) return new PullAnswer { Outcome = PullOutcome.Stale };
            var left = patience - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return new PullAnswer { Outcome = PullOutcome.NotYet };
            try
            {
                await changed.WaitAsync(left, time);
            }
            catch (TimeoutException)
            {
                return new PullAnswer { Outcome = PullOutcome.NotYet };
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ((ViewNumber View, ParameterBlock? Block) Current, Task Changed) Snapshot()
    {
        lock (_lock) return (_current, _changed.Task);
    }
}
