using System.Diagnostics;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>What a schedule demands of its run beside the bits: how many nodes are at work at once, and how little is lost when all are killed.</summary>
internal sealed class RunDemands(Schedule schedule)
{
    /// <summary>Steps over which nodes are seen at work together.</summary>
    private const int StepsTogether = 10;

    private StepNumber? _firstTogether, _lastTogether, _reached, _found;
    private long _killedAt;
    private int _trainersMost;

    /// <summary>What was seen, for the schedule's line; null where nothing is demanded.</summary>
    public string? Remark => (schedule.NodesAtOnce, schedule.StepsLostMax) switch
    {
        (> 0, _) => $"{_trainersMost} nodes at work at once, {schedule.NodesAtOnce} from step {_firstTogether} to {_lastTogether}",
        (_, not null) => $"all were killed at step {_reached}, the run went on from step {_found}",
        _ => null,
    };

    /// <summary>All nodes have just been killed.</summary>
    /// <param name="status">Where the run stood, or a little before.</param>
    public void Killed(RunStatus status)
    {
        _reached = status.Step;
        Volatile.Write(ref _killedAt, Stopwatch.GetTimestamp());
    }

    /// <summary>What a coordinator tells.</summary>
    /// <param name="progress">Where the run stands, and its steps; a coordinator begins with the first one that it decides.</param>
    /// <param name="askedAt">When it was asked.</param>
    public void Look(RunProgress progress, long askedAt)
    {
        _trainersMost = Math.Max(_trainersMost, progress.Status.TrainerCount);
        if (progress.Status.TrainerCount >= schedule.NodesAtOnce)
        {
            _firstTogether ??= progress.Status.Step;
            _lastTogether = progress.Status.Step;
        }
        if (Volatile.Read(ref _killedAt) is not 0 and var killedAt && askedAt > killedAt && progress.Steps is [var first, ..]) _found ??= first.Step;
    }

    /// <summary>Compares what was seen with what is demanded.</summary>
    /// <returns>What is wrong; null for nothing.</returns>
    public string? Problem()
    {
        if (schedule.NodesAtOnce > 0 && (_lastTogether is not { } last || last.Value < _firstTogether!.Value.Value + StepsTogether))
            return $"no {schedule.NodesAtOnce} nodes were at work together for {StepsTogether} steps, but {_trainersMost} at once";
        if (schedule.StepsLostMax is not { } most) return null;
        if (_reached is not { } reached || _found is not { } found) return "nobody told where the run went on after all nodes were killed";
        return reached.Value - found.Value <= most ? null : $"all nodes were killed at step {reached} and the run went on from step {found}, which is more than {most} before";
    }
}
