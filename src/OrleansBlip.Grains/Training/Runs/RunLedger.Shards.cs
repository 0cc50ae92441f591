using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>Who holds the shards: opening them, and what is left of them when nodes are lost.</summary>
internal sealed partial class RunLedger
{
    private StepNumber? _distrustedAt;

    private bool WantsBackups => Record.Request!.Backups > 0;

    /// <summary>
    /// The run has stood at one step for far too long: somebody does not hold what is believed of it, and refuses for ever what it is sent. Under a new view all shards are asked
    /// what they hold. A step that is only slow begins again.
    /// </summary>
    public IReadOnlyList<RunAction> Stalled(TimeSpan now)
    {
        if (Record.State != RunState.Training || _lacksData) return [];
        Reattach(now);
        return Take();
    }

    /// <summary>
    /// Shards are lost at their owners or backups. The others of each go on under a new view, which fences off whoever may still think otherwise; where both are lost, all
    /// shards are restored.
    /// </summary>
    private void Lose(TimeSpan now, params IEnumerable<ShardReplica> replicas)
    {
        _empty.UnionWith(replicas);
        if (Record.Owners.Length > 0) Reattach(now);
    }

    /// <summary>
    /// Goes on with what the shards hold in memory, under a new view. Where the last verdict asked for a checkpoint that is not committed, nobody would hear
    /// of its parts any more, so they are written again: by shards at its version when they open, by those behind when they hear the verdict.
    /// </summary>
    private void Reattach(TimeSpan now)
    {
        var before = Record.Placement;
        var placement = before.Without(
            replica => _empty.Contains(replica) || !_roster.Nodes.Contains(before[replica]), [.. _roster.Nodes], WantsBackups);
        if (placement is null)
        {
            Restore();
            return;
        }
        NewView(placement, RunState.Starting);
        bool isCheckpointMissing = Record.Last is { Checkpoint: true } && Record.CheckpointStep != Record.Step && !_commits.ContainsKey(Record.Step);
        if (isCheckpointMissing) _saves[Record.Step] = [];
        OpenShards(placement, ShardOrigin.Memory, isCheckpointMissing ? Record.Step : null);
        AskTrainers(now);
    }

    private void NewView(ShardPlacement placement, RunState state)
    {
        _steps = null;
        _rest = null;
        _isDeserted = false;
        _openShards.Clear();
        _empty.Clear();
        _earlySeals.Clear();
        _saves.Clear();
        _unwritten.Clear();
        _roster.ForgetAnswers();
        Persist(Record with { View = Record.View.Next, State = state, Owners = placement.Owners, Backups = placement.Backups });
    }

    private void OpenShards(ShardPlacement placement, ShardOrigin origin, StepNumber? saveVersion = null, string? folder = null)
    {
        foreach (var replica in placement.Replicas)
        {
            bool isFilled = replica.IsBackup && placement.ToFill.Contains(replica.Shard);
            // Until it says that it stands open, only what was there before counts as held.
            if (isFilled || origin != ShardOrigin.Memory) _empty.Add(replica);
            _actions.Add(new RunAction.OpenShard(placement[replica], new ShardAssignment
            {
                View = Record.View,
                Request = Record.Request!,
                Shard = replica.Shard,
                ShardCount = placement.Owners.Length,
                Origin = isFilled ? ShardOrigin.Owner : origin,
                Checkpoint = origin == ShardOrigin.Checkpoint ? Record.Checkpoint : null,
                CheckpointFolder = folder,
                DropSums = Record.Last?.Kind == VerdictKind.Retry,
                SaveVersion = replica.IsBackup ? null : saveVersion,
                Owner = replica.IsBackup ? placement[replica.Twin] : null,
                Backup = replica.IsBackup || placement.Backups.IsEmpty ? null : placement[replica.Twin],
            }));
        }
        CloseWhatIsLeft(placement);
    }

    /// <summary>Nodes that held shards and do so no more are to free them.</summary>
    private void CloseWhatIsLeft(ShardPlacement placement)
    {
        var holders = placement.Replicas.Select(replica => (replica.Shard, placement[replica])).ToHashSet();
        var left = _holders.Where(holder => !holders.Contains(holder) && _roster.Nodes.Contains(holder.Node)).Order().ToArray();
        if (left.Length > 0) _actions.Add(new RunAction.Close(Record.View, [.. left], []));
        _holders.Clear();
        _holders.UnionWith(holders);
    }

    /// <summary>
    /// A shard's owner and its backup hold different numbers, and nobody knows which of them is right: all go back to the newest checkpoint, which both had the same numbers
    /// for. Once more from the same checkpoint is no accident any more.
    /// </summary>
    private void Distrust(ShardIndex shard, StepNumber version)
    {
        var owner = new ShardReplica(shard);
        string what = $"Nodes {Record.Placement[owner]} and {Record.Placement[owner.Twin]} hold different weights as version {version} of shard {shard}: one of them computes wrongly.";
        var from = Record.CheckpointStep ?? new StepNumber(0);
        if (_distrustedAt == from)
        {
            End(RunState.Failed, $"{what} It was so before, from step {from} on: look at these machines, then start the run again.");
            return;
        }
        _distrustedAt = from;
        Record = Record with { Problem = $"{what} The run went back to step {from}." };
        Restore();
    }

    /// <summary>Commits the newest checkpoint whose parts are all written; with backups, once they are known to hold the same version.</summary>
    private void CommitWhatIsAgreed()
    {
        var written = _saves.Where(save => save.Value.Count == Record.Owners.Length).Select(save => save.Key).Order().ToArray();
        if (Record.Owners.IsEmpty || written.Length == 0 || !(Record.Backups.IsEmpty || _steps?.HasConfirmed(written[^1]) == true)) return;
        var newest = written[^1];
        var parts = _saves[newest];
        // One that is still being written is out of date, and must not become the newest by being late.
        foreach (var version in _saves.Keys.Where(version => version <= newest).ToArray()) _saves.Remove(version);
        _commits[newest] = [.. parts.OrderBy(part => part.Key).SelectMany(part => part.Value)];
        _actions.Add(new RunAction.Commit(newest, _commits[newest]));
    }
}
