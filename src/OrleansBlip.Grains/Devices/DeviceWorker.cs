using System.Collections.Concurrent;
using TorchSharp;

namespace OrleansBlip.Grains.Devices;

/// <summary>
/// One thread of its own for work that holds a core for long: a device's tensors, a shard's sums. Blocking work on pool threads would starve the calls
/// of the whole silo; a thread and a queue do not. What is awaited continues on the pool.
/// </summary>
public sealed class DeviceWorker : IAsyncDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts the thread.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="onStart">Runs first on the thread: claims its cores. Its failure fails all work.</param>
    /// <param name="place">Where its models compute; default: CPU.</param>
    public DeviceWorker(string name, Action? onStart = null, torch.Device? place = null)
    {
        Place = place ?? torch.CPU;
        if (onStart is not null) _ = RunAsync(onStart);
        new Thread(Work) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>Where its models compute.</summary>
    public torch.Device Place { get; }

    /// <summary>Runs <paramref name="work"/> on the thread, after what was given before.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _work.Add(Complete);
        }
        catch (InvalidOperationException)
        {
            return Task.FromException<T>(new ObjectDisposedException(nameof(DeviceWorker)));
        }
        return result.Task;

        void Complete()
        {
            try
            {
                result.SetResult(work());
            }
            catch (Exception exception)
            {
                result.SetException(exception);
            }
        }
    }

    /// <inheritdoc cref="RunAsync{T}(Func{T})"/>
    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    /// <summary>Lets the work given so far finish and ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _work.CompleteAdding();
        await _ended.Task;
    }

    private void Work()
    {
        while (RunNext())
        {
        }
        _ended.SetResult();
    }

    // A frame of its own, which does not hold what was done last, and what that returned, while it waits for more.
    private bool RunNext()
    {
        if (!_work.TryTake(out var work, Timeout.Infinite)) return false;
        work();
        return true;
    }
}
