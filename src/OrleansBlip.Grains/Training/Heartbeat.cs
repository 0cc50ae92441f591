using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training;

/// <summary>
/// Calls the coordinators of the runs that this node takes part in, every second. A coordinator whose silo is lost is brought back to life by the next call, on another silo; while trainers
/// compute and nobody watches the run, there might be none.
/// </summary>
internal sealed partial class Heartbeat : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IGrainFactory _grains;
    private readonly Func<IEnumerable<RunId>> _runs;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly ConcurrentDictionary<RunId, Task> _beats = new();

    public Heartbeat(IGrainFactory grains, Func<IEnumerable<RunId>> runs, TimeProvider time, ILogger logger)
    {
        _grains = grains;
        _runs = runs;
        _logger = logger;
        _timer = time.CreateTimer(_ => Beat(), state: null, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Beat()
    {
        foreach (var over in _beats.Where(beat => beat.Value.IsCompleted).ToArray()) _beats.TryRemove(over.Key, out _);
        foreach (var run in _runs().Distinct()) _beats.GetOrAdd(run, BeatAsync);
    }

    private async Task BeatAsync(RunId run)
    {
        // Not on the timer's thread, whatever the call does before it waits.
        await Task.Yield();
        try
        {
            await _grains.GetGrain<ICoordinator>(run.Value).Beat();
        }
        catch (Exception exception)
        {
            // Its silo is being lost; the next beat finds it elsewhere.
            LogUnheard(_logger, run, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The coordinator of run {Run} does not answer: {Problem}")]
    private static partial void LogUnheard(ILogger logger, RunId run, string problem);
}
