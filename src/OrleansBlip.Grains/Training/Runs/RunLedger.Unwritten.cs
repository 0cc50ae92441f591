using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>Checkpoints that cannot be written: training goes on without one, and waits for the one that it is to end with.</summary>
internal sealed partial class RunLedger
{
    /// <summary>The last checkpoint is written again after this time.</summary>
    private static readonly TimeSpan RewriteInterval = TimeSpan.FromSeconds(5);

    private readonly HashSet<StepNumber> _unwritten = [];
    private string? _waits;
    private TimeSpan? _rewriteAt;

    /// <summary>Whether the run stands still for a checkpoint that nobody is writing.</summary>
    private bool LacksLastCheckpoint =>
        (_rest is RestReason.Finished || (_rest is RestReason.Held && Record.Wish != RunWish.None)) && Record.CheckpointStep != Record.Step && !IsBeingSaved(Record.Step);

    /// <summary>
    /// A checkpoint could not be written. The one before is intact, and training goes on. Where it was to end with this one it waits: shards hold what they have learned, and write it
    /// again from time to time, until it can be written or somebody kills the run.
    /// </summary>
    public IReadOnlyList<RunAction> CheckpointFailed(StepNumber version, string problem)
    {
        _saves.Remove(version, out var parts);
        // Else each attempt would leave parts behind, and take the space that the next one needs.
        if (parts is not null) Discard([.. parts.OrderBy(part => part.Key).SelectMany(part => part.Value)]);
        if (_commits.Remove(version, out var objects)) Discard(objects);
        if (!IsUnderWay) return Take();
        _unwritten.Add(version);
        string what = $"The checkpoint of step {version} could not be written: {problem}";
        bool isLast = version == Record.Step && (version.Value >= Record.Request!.Spec.Steps || Record.Wish != RunWish.None);
        if (isLast) Await(what);
        else Persist(Record with { Problem = what });
        if (_rest is RestReason.Diverged) Conclude();
        return Take();
    }

    private bool IsBeingSaved(StepNumber version) => _saves.ContainsKey(version) || _commits.ContainsKey(version);

    private void Discard(IReadOnlyCollection<SavedObject> objects)
    {
        if (objects.Count > 0) _actions.Add(new RunAction.Discard([.. objects]));
    }

    /// <summary>Says what the run waits for. A reason that differs in the names of its files alone is the same one.</summary>
    private void Await(string what)
    {
        if (_waits is { } told && told.StartsWith(what.Split('\'')[0], StringComparison.Ordinal)) return;
        _waits = $"{what.TrimEnd('.')}. The run holds what it has learned and tries again every {RewriteInterval.TotalSeconds} s; make room for it, or kill the run to do without.";
        Persist(Record with { Problem = _waits });
    }

    /// <summary>Has the checkpoint that the run is to end with written once more, some time after it could not be.</summary>
    private void WriteLastAgain(TimeSpan now)
    {
        _rewriteAt = LacksLastCheckpoint ? _rewriteAt ?? now + RewriteInterval : null;
        if (!(now >= _rewriteAt)) return;
        _rewriteAt = null;
        Reattach(now);
    }
}
