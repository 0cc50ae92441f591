using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;
using OrleansBlip.Chaos.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>Carries a schedule out and judges it. Oracles: the weights and the optimizer's state are those of the undisturbed plain loop (R), and each step was decided once, as there (L).</summary>
internal sealed class ScheduleRun(Schedule schedule, ChaosWorld world, ChaosCluster cluster)
{
    private const int FailuresMax = 3, StepsAsked = 1000, StepsToldAgain = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180), CallPatience = TimeSpan.FromSeconds(1.5), LookInterval = TimeSpan.FromMilliseconds(25);

    private readonly RunId _id = RunId.Parse($"chaos-{Guid.NewGuid():N}");
    private readonly RunRequest _request = world.Request(schedule);
    private readonly Queue<ChaosEvent> _pending = new(schedule.Events);
    private readonly List<Task> _underWay = [];
    private readonly List<string> _remarks = [];
    private readonly Queue<IReadOnlyList<StepRecord>> _told = [];
    private readonly ConcurrentBag<string> _missed = [];
    private readonly ConcurrentQueue<LastingFault> _lasting = [];
    private readonly RunDemands _demands = new(schedule);
    private Task<UndisturbedRun>? _expected;
    private RunStatus? _status;
    private StepNumber _newest = new(-1);
    private bool _isStarted, _isTold;
    private int _failures;

    /// <summary>How the run is to end.</summary>
    private RunState LastState => schedule.OutlastsFaults ? RunState.Stopped : RunState.Completed;

    /// <summary>Whether a run that outlasts its faults is to end now.</summary>
    private bool IsToStop => schedule.OutlastsFaults && _pending.Count == 0 && _underWay.TrueForAll(item => item.IsCompleted) && _lasting.All(fault => fault.IsSettled);

    /// <summary>Runs it to its end.</summary>
    /// <returns>What went wrong, null for nothing; what was to be done and could not; and what else is to be told.</returns>
    public async Task<(string? Problem, ImmutableArray<string> Missed, ImmutableArray<string> Remarks)> RunAsync()
    {
        // A run whose last step nobody knows yet is compared once it has come to rest.
        if (!schedule.OutlastsFaults) _expected = world.UndisturbedAsync(_request);
        await cluster.StartAsync(schedule.Nodes);
        using var over = new CancellationTokenSource();
        var supervision = cluster.SuperviseAsync(schedule.Supervised, over.Token);
        string? problem = await DriveAsync(supervision);
        await Task.WhenAll(_underWay);
        await over.CancelAsync();
        await supervision;
        problem ??= await CompareAsync(_status!) ?? UnexpectedEnd() ?? _lasting.Select(fault => fault.Problem()).FirstOrDefault(text => text is not null) ?? _demands.Problem() ?? (_isTold ? null : "it never told of a step");
        foreach (var item in _pending) _missed.Add($"{item} (too late)");
        string[] passed = [.. cluster.Nodes.SelectMany(node => node.FailpointsPassed)];
        if (passed.Length == 0 && schedule.Nodes.Any(node => node.Failpoints is not null)) _missed.Add("any failpoint");
        if (schedule.Nodes.Any(node => node.ClockHours != 0) && !Node.IsWithFakeTime) _missed.Add("a wrong clock");
        if (passed.Length > 0) _remarks.Add($"came by {string.Join(", ", passed)}");
        if (_status is { Amendments.IsEmpty: false } amended) _remarks.Add($"{amended.Amendments.Length} amendments");
        _remarks.AddRange(_lasting.Select(fault => fault.Remark));
        if (_demands.Remark is { } remark) _remarks.Add(remark);
        _remarks.Add($"view {_status?.View}");
        return (problem, [.. _missed.Order(StringComparer.Ordinal)], [.. _remarks]);
    }

    /// <summary>Looks after the run and does to it what is due, until it has come to rest or something is wrong.</summary>
    private async Task<string?> DriveAsync(Task supervision)
    {
        string? problem = null;
        var start = Stopwatch.GetTimestamp();
        while (problem is null && (_status is not { IsAtRest: true } || _underWay.Exists(item => !item.IsCompleted)))
        {
            if (supervision.IsFaulted) await supervision;
            long asked = Stopwatch.GetTimestamp();
            if (await LookAsync() is { } status)
            {
                _status = status;
                foreach (var fault in _lasting) fault.Look(status, asked);
                FireDue(status);
            }
            // A sample that kills whoever computes it is put into quarantine: then that is the run to compare with. No other death may change the weights.
            if (_status is { Amendments.IsEmpty: false } amended)
            {
                if (schedule.IsWithDeadlySample) _expected = world.UndisturbedAsync(_request, amended.Amendments);
                else problem = $"it was amended: {string.Join(", ", amended.Amendments)}";
            }
            if (_status is { State: RunState.Failed }) problem ??= await StartAgainAsync(_status);
            if (schedule.OutlastsFaults && _status is { State: RunState.Completed }) problem ??= $"it has ended before all that happens to it was over: {_status}";
            if (_status is { IsAtRest: true } resting && resting.State != LastState && problem is null) _status = null;
            // The run does not wait for what it is compared with.
            if (_expected is { IsCompletedSuccessfully: true }) problem ??= Judge(_expected.Result);
            if (Stopwatch.GetElapsedTime(start) > Patience) problem ??= $"it does not come to rest: {_status}";
            await Task.Delay(LookInterval);
        }
        return problem;
    }

    /// <summary>Compares the run as it came to rest, and all that was told of it.</summary>
    private async Task<string?> CompareAsync(RunStatus status)
    {
        var undisturbed = await (_expected ?? world.UndisturbedAsync(_request, status.Step));
        return Judge(undisturbed) ?? undisturbed.DifferenceOf(status, LastState, _request);
    }

    /// <summary>Compares what coordinators have told since the last time.</summary>
    private string? Judge(UndisturbedRun undisturbed)
    {
        string? problem = null;
        while (problem is null && _told.TryDequeue(out var steps)) problem = undisturbed.DifferenceOf(steps, schedule.CheckpointsEvery);
        return problem;
    }

    /// <summary>Asks the run where it stands, starts it if it has not heard of that yet, and lets it go on after a pause; null where nobody answers.</summary>
    private async Task<RunStatus?> LookAsync()
    {
        long asked = Stopwatch.GetTimestamp();
        try
        {
            var run = await cluster.RunAsync(_id);
            if (!_isStarted)
            {
                await run.Start(_request).WaitAsync(CallPatience);
                _isStarted = true;
            }
            var progress = await run.Progress(ToldBefore, StepsAsked).WaitAsync(CallPatience);
            _told.Enqueue(progress.Steps);
            _isTold |= !progress.Steps.IsEmpty;
            _demands.Look(progress, asked);
            foreach (var record in progress.Steps) _newest = record.Step > _newest ? record.Step : _newest;
            if (IsToStop && !progress.Status.IsAtRest) await run.Stop().WaitAsync(CallPatience);
            if (progress.Status.State == RunState.Paused) await run.Resume().WaitAsync(CallPatience);
            // What was asked for may have been lost with the coordinator that had not noted it yet.
            if (progress.Status.State == RunState.Created) _isStarted = false;
            return progress.Status;
        }
        catch (Exception exception) when (IsPassing(exception) || exception is RunRefusedException)
        {
            if (exception is not RunRefusedException) await cluster.DisconnectAsync();
            return null;
        }
    }

    /// <summary>
    /// The step after which those are asked for that are still to be compared. A long run tells but its newest ones again, from a checkpoint on: there it goes on if it has to go back.
    /// </summary>
    private StepNumber ToldBefore => schedule.OutlastsFaults ? new(Math.Max(0, _newest.Value - StepsToldAgain) / schedule.CheckpointsEvery * schedule.CheckpointsEvery - 1) : new(-1);

    /// <summary>Whether a silo, the database or the client's connection to them is only away, or the client was given up meanwhile.</summary>
    private static bool IsPassing(Exception exception) => exception is TimeoutException or OrleansException or DbException or SocketException or ObjectDisposedException;

    /// <summary>A run that failed is started again: from its checkpoints it ends with the same weights.</summary>
    private async Task<string?> StartAgainAsync(RunStatus status)
    {
        if (++_failures > FailuresMax) return $"it fails again and again: {status.Problem}";
        _remarks.Add($"started again after '{status.Problem}'");
        try
        {
            await (await cluster.RunAsync(_id)).Start(_request).WaitAsync(CallPatience);
        }
        catch (Exception exception) when (IsPassing(exception))
        {
            await cluster.DisconnectAsync();
        }
        return null;
    }

    private void FireDue(RunStatus status)
    {
        while (_pending.TryPeek(out var next) && next.Step <= status.Step.Value) _underWay.Add(FireAsync(_pending.Dequeue(), status));
    }

    private async Task FireAsync(ChaosEvent item, RunStatus status)
    {
        await Task.Delay(item.Delay);
        switch (item)
        {
            case ChaosEvent.Kill kill:
                await KillAsync(kill);
                break;
            case ChaosEvent.KillAll all:
                foreach (var node in cluster.Nodes.ToArray()) node.Kill();
                _demands.Killed(_status ?? status);
                await cluster.StartAsync(Enumerable.Repeat(NodeFault.None, all.Successors));
                await cluster.DisconnectAsync();
                break;
            case ChaosEvent.KillDatabase database:
                await LastAsync(database, null, status, () => cluster.KillDatabaseAsync(database.Away));
                break;
            case ChaosEvent.Pause:
                await PauseAsync();
                break;
            case ChaosEvent.Join join:
                await cluster.StartAsync(Enumerable.Repeat(NodeFault.None, join.Count));
                break;
            case ChaosEvent.Leave leave when cluster.AtWork.SkipLast(leave.Left).ToArray() is { Length: > 0 } leaving:
                await Task.WhenAll(leaving.Select(LeaveAsync));
                break;
            case ChaosEvent.Freeze freeze when await cluster.FindAsync(freeze.Role, _id) is { } node:
                Signals.Stop(node.Process);
                await LastAsync(freeze, node, status, async () =>
                {
                    await Task.Delay(freeze.Duration);
                    Signals.Continue(node.Process);
                });
                break;
            case ChaosEvent.Starve starve when await cluster.FindAsync(starve.Role, _id) is { } node:
                await LastAsync(starve, node, status, () => StarveAsync(node, starve.Duration));
                break;
            case ChaosEvent.Degrade degrade when Network.IsOwn:
                await LastAsync(degrade, null, status, () => Network.DegradeAsync(degrade.Duration));
                break;
            case ChaosEvent.Partition partition when await cluster.FindAsync(partition.Role, _id) is { Group: not null } node:
                await LastAsync(partition, node, status, () => cluster.CutAsync(node, partition.Direction, partition.Duration));
                break;
            default:
                _missed.Add($"{item}");
                break;
        }
    }

    /// <summary>Notes what the run does while something lasts, and after that.</summary>
    /// <param name="item">What it is.</param>
    /// <param name="struck">The node that it strikes; null for all.</param>
    /// <param name="status">Where the run stood when it was due.</param>
    /// <param name="untilHealed">Ends when it is over.</param>
    private async Task LastAsync(ChaosEvent item, Node? struck, RunStatus status, Func<Task> untilHealed)
    {
        var fault = new LastingFault(item, struck, [.. cluster.AtWork.Where(node => node != struck)], holdsShard: schedule.ShardCount == 0, _status ?? status);
        if (schedule.OutlastsFaults) _lasting.Enqueue(fault);
        await untilHealed();
        fault.Heal();
    }

    private async Task KillAsync(ChaosEvent.Kill kill)
    {
        if (await cluster.FindAsync(kill.Role, _id) is not { } node)
        {
            _missed.Add($"{kill} (no such node)");
            return;
        }
        node.Kill();
        if (kill.Successor == Successor.None) return;
        if (kill.Successor == Successor.Namesake) await cluster.StartAsync(NodeFault.None, node.Name);
        else await cluster.StartAsync(NodeFault.None);
        // Nobody is left whom the client knows.
        if (cluster.AtWork.Count == 1) await cluster.DisconnectAsync();
    }

    private static async Task StarveAsync(Node node, TimeSpan duration)
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < duration && node.IsAtWork;)
        {
            Signals.Stop(node.Process);
            await Task.Delay(90);
            Signals.Continue(node.Process);
            await Task.Delay(10);
        }
    }

    private static async Task LeaveAsync(Node node)
    {
        node.IsLeaving = true;
        node.Process.Terminate();
        await node.Process.Ended.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private async Task PauseAsync()
    {
        try
        {
            await (await cluster.RunAsync(_id)).Pause().WaitAsync(CallPatience);
        }
        catch (Exception exception) when (IsPassing(exception) || exception is RunRefusedException)
        {
            _remarks.Add($"no pause: {exception.Message}");
        }
    }

    /// <summary>How a node has ended that was not to end so.</summary>
    private string? UnexpectedEnd()
    {
        _remarks.AddRange(cluster.Nodes.Where(node => node is { ExitCode: not null, IsKilled: false, IsGivenUp: true }).Select(node => $"{node.Name} was given up and ended with exit code {node.ExitCode}"));
        return cluster.Nodes.Select(node => node.UnexpectedEnd).FirstOrDefault(end => end is not null);
    }
}
