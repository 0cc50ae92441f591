using System.Diagnostics;
using System.Globalization;
using OrleansBlip.Chaos.Nodes;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>A fault that heals while its run is still going: what the run did while it lasted, and what it does since.</summary>
/// <param name="item">The fault.</param>
/// <param name="struck">The node that it strikes; null where it strikes all.</param>
/// <param name="others">The nodes that were at work beside it.</param>
/// <param name="holdsShard">Whether the node struck is known to hold a shard.</param>
/// <param name="before">Where the run stood.</param>
internal sealed class LastingFault(ChaosEvent item, Node? struck, IReadOnlyList<Node> others, bool holdsShard, RunStatus before)
{
    /// <summary>Steps by which a run shows that it goes on: more than may have been decided before anybody looked.</summary>
    private const int StepsShown = 10;

    /// <summary>The others are done with a node that they cannot hear for so long: they have declared it dead and go on without it.</summary>
    private static readonly TimeSpan GivenUpWithin = TimeSpan.FromSeconds(15);

    private readonly long _struckAt = Stopwatch.GetTimestamp();
    private readonly RunStatus _before = before;
    private RunStatus _last = before;
    private RunStatus? _meanwhile, _healed;
    private long _healedAt;
    private bool _isOnlyOneStruck;

    /// <summary>Whether the run has shown that it goes on since, and a node that was given up has found out and ended.</summary>
    public bool IsSettled => _healed is not null && (_last.IsOver || (_last.Step.Value >= _healed.Step.Value + StepsShown && (!MustBeGivenUp || struck!.ExitCode is not null)));

    /// <summary>What is known of it by now, for the schedule's line.</summary>
    public string Remark => string.Create(CultureInfo.InvariantCulture,
        $"{item} lasted {Lasted.TotalSeconds:0.0} s: from step {_before.Step} to {(_meanwhile ?? _last).Step} meanwhile, from {_healed?.Step} to {_last.Step} since; view {_before.View} before and {_last.View} after{(struck is { IsGivenUp: true } ? $"; {struck.Name} was told that it is dead" : "")}");

    private bool HasHealed => Volatile.Read(ref _healedAt) != 0;

    private TimeSpan Lasted => HasHealed ? Stopwatch.GetElapsedTime(_struckAt, _healedAt) : Stopwatch.GetElapsedTime(_struckAt);

    /// <summary>
    /// Whether the others were to give the node up and go on without it: one that stands still hinders nobody, and one that is cut off may itself be the one that goes on, unless two others
    /// outvote it.
    /// </summary>
    private bool MustBeGivenUp => _isOnlyOneStruck && Lasted >= GivenUpWithin && item switch
    {
        ChaosEvent.Freeze => others.Count >= 1,
        ChaosEvent.Partition => others.Count >= 2,
        _ => false,
    };

    /// <summary>The fault is over, as of now.</summary>
    public void Heal()
    {
        _meanwhile = _last;
        _isOnlyOneStruck = others.All(node => node.IsAtWork);
        Volatile.Write(ref _healedAt, Stopwatch.GetTimestamp());
    }

    /// <summary>Where the run stands now.</summary>
    /// <param name="status">As somebody answered.</param>
    /// <param name="askedAt">When he was asked: what was on its way when the fault healed tells nothing of either time.</param>
    public void Look(RunStatus status, long askedAt)
    {
        if (HasHealed && askedAt < _healedAt) return;
        if (HasHealed) _healed ??= status;
        _last = status;
    }

    /// <summary>Compares what the run did with what it should have done.</summary>
    /// <returns>What is wrong; null for nothing.</returns>
    public string? Problem()
    {
        if (_healed is null) return $"nobody answered since {item} had healed";
        if (_healed.IsAtRest) return $"the run was {_healed.State} at step {_healed.Step} when {item} healed";
        if (MustBeGivenUp && _meanwhile!.Step.Value < _before.Step.Value + StepsShown) return $"the others went from step {_before.Step} to {_meanwhile.Step} only while {item} lasted";
        if (_last.Step.Value < _healed.Step.Value + StepsShown) return $"the run went from step {_healed.Step} to {_last.Step} only after {item} had healed";
        if (MustBeGivenUp && struck is not { IsGivenUp: true }) return $"{struck!.Name} did not find out that it had been given up";
        if (MustBeGivenUp && holdsShard && !(_healed.View > _before.View)) return $"what {struck!.Name} says since {item} healed is not refused: the view is {_healed.View} as before";
        return null;
    }
}
