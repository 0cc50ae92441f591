using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>Nodes that are about to end are let go at a step boundary: with backups their shards go on at those, without them all go on from a checkpoint of that very step.</summary>
internal sealed partial class RunLedger
{
    private readonly HashSet<RosterNode> _leaving = [], _left = [];
    private bool _isDeserted;

    /// <summary>Whether a node is one of the run's.</summary>
    public bool CountsOn(NodeName node) => IsUnderWay && _roster.Nodes.Contains(node);

    /// <summary>A node is about to end: the run comes to rest at the next step boundary and goes on without it.</summary>
    public IReadOnlyList<RunAction> NodeLeaves(TimeSpan now, NodeName node)
    {
        if (!IsUnderWay || _roster.Find(node) is not { } found) return Take();
        if (_leaving.Add(found)) AddSteps(_steps?.Hold());
        LetGo(now);
        return Take();
    }

    /// <summary>Takes note of the nodes that there are now; those that were let go are none, however long they take to end.</summary>
    private (IReadOnlyList<NodeName> Gone, IReadOnlyList<TrainerId> Lost) Update(IReadOnlyCollection<RosterNode> nodes)
    {
        _left.IntersectWith(nodes);
        _leaving.IntersectWith(nodes);
        return _roster.Update([.. nodes.Except(_left)]);
    }

    /// <summary>Lets those go that want to, where the run rests for their sake and nothing of theirs is needed any more.</summary>
    private void LetGo(TimeSpan now)
    {
        if (_rest is not RestReason.Held || Record.Wish != RunWish.None) return;
        bool isSaved = Record.CheckpointStep == Record.Step, isBeingSaved = IsBeingSaved(Record.Step);
        var leaving = _leaving.Select(node => node.Name).ToHashSet();
        bool isHeldElsewhere = Record.Placement.Without(replica => leaving.Contains(Record.Placement[replica]), [.. _roster.Nodes.Except(leaving)], WantsBackups) is not null;
        if (!isSaved && isBeingSaved && !isHeldElsewhere) return;
        if (!isSaved && !isHeldElsewhere)
        {
            // The checkpoint could not be written: all go on as before, and whoever still wants to leave asks again.
            _leaving.Clear();
            Reattach(now);
            return;
        }
        TrainerId[] devices = [.. _roster.Devices.Where(device => leaving.Contains(device.Node))];
        var shards = _holders.Where(holder => leaving.Contains(holder.Node)).Order().ToArray();
        // What is freed is what they hold now: one that comes back may be asked to open a shard under the very view in which it was let go.
        var view = Record.View;
        _holders.ExceptWith(shards);
        _left.UnionWith(_leaving);
        _leaving.Clear();
        _roster.Remove(leaving);
        if (isHeldElsewhere) Reattach(now);
        else if (_roster.Nodes.Count > 0) Restore();
        else Desert();
        if (leaving.Count > 0) _actions.Add(new RunAction.Close(view, [.. shards], [.. devices]));
    }

    /// <summary>The last node was let go. The run goes on where it stands once there is another one.</summary>
    private void Desert()
    {
        NewView(new ShardPlacement([], []), RunState.Starting);
        _isDeserted = true;
    }
}
