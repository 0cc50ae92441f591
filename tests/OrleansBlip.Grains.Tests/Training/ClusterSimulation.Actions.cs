using OrleansBlip.Grains.Training.Runs;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Grains.Training.Steps;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>What the coordinator's word does on the nodes.</summary>
internal sealed partial class ClusterSimulation
{
    /// <summary>Carries actions out; the coordinator may die before any of them.</summary>
    private void Do(IReadOnlyList<RunAction> actions)
    {
        foreach (var action in actions)
        {
            if (Mischief(1))
            {
                StartCoordinator();
                return;
            }
            Do(action);
        }
    }

    private void Do(RunAction action)
    {
        switch (action)
        {
            case RunAction.Persist { Record: var record }:
                Assert.False(record.View < _stored.View, "The durable view went down.");
                if (record.Last is { } last && last != _stored.Last) Decided.Add(last);
                _stored = record;
                break;
            case RunAction.FindCheckpoint find:
                _searches++;
                AnswerOnce(() => Do(_ledger.CheckpointFound(_now, find.View, Newest(), problem: null)));
                break;
            case RunAction.OpenShard open:
                Insist(() => Open(open));
                break;
            case RunAction.OpenTrainer open:
                Send(() => Open(open), () => Do(_ledger.TrainerUnreachable(_now, open.Trainer)));
                break;
            case RunAction.Close close:
                foreach (var (shard, node) in close.Shards) Send(() => Close(close, shard, NodeOf(node.Value)));
                break;
            case RunAction.OfStep { Action: StepAction.IssueLease issue }:
                Send(() => Issue(issue), () => Do(_ledger.TrainerUnreachable(_now, issue.Trainer)));
                break;
            case RunAction.OfStep { Action: StepAction.Announce announce }:
                Assert.Equal(_stored.Last! with { View = announce.Verdict.View }, announce.Verdict);
                Send(() => Announce(announce));
                break;
            case RunAction.Commit commit:
                if (Mischief(3))
                {
                    AnswerOnce(() => Do(_ledger.CheckpointFailed(commit.Version, "the disk is full")));
                    break;
                }
                _checkpoints[commit.Version.Value] = [.. Enumerable.Range(0, ShardCount).Select(shard => _written[(commit.Version, new ShardIndex(shard))])];
                AnswerOnce(() => Do(_ledger.CheckpointCommitted(commit.Version, $"{commit.Version}")));
                break;
            case RunAction.HashWeights:
                // The last checkpoint, and what is still held: nodes may have died since it was written.
                Final.Clear();
                Final.AddRange(_checkpoints[Steps].Select((history, shard) => (shard, history.ToList())));
                foreach (var replica in _stored.Placement.Replicas)
                    if (Find(_stored.Placement[replica].Value, replica.Shard) is { } held) Final.Add((replica.Shard.Value, [.. held.History]));
                AnswerOnce(() => Do(_ledger.Hashed("hash", problem: null)));
                break;
        }
    }

    /// <summary>What a coordinator's own process does for it: it comes once, and never if that process dies.</summary>
    private void AnswerOnce(Action answer)
    {
        var (ledger, isAnswered) = (_ledger, false);
        Insist(() =>
        {
            if (isAnswered || ledger != _ledger) return;
            isAnswered = true;
            answer();
        });
    }

    private FoundCheckpoint? Newest() => _checkpoints.Count > 0 ? new FoundCheckpoint(null, $"{_checkpoints.Keys.Last()}", new StepNumber(_checkpoints.Keys.Last()), null, []) : null;

    private void Open(RunAction.OpenShard open)
    {
        var (assignment, node) = (open.Assignment, NodeOf(open.Node.Value));
        if (_stored.View != assignment.View) return;
        var held = node.Shards.GetValueOrDefault(assignment.Shard);
        if (!node.IsAlive || (assignment.Origin == ShardOrigin.Owner && OwnerOf(assignment) is null))
        {
            Insist(() => Open(open));
            return;
        }
        var role = assignment.Owner is not null ? ShardRole.Backup : assignment.Backup is not null ? ShardRole.OwnerWithBackup : ShardRole.Owner;
        if (assignment.Origin != ShardOrigin.Memory && held?.Ledger.View != assignment.View)
        {
            if (held?.Ledger.View > assignment.View) return;
            node.Shards[assignment.Shard] = held = LedgerShard.Of(_tree, assignment.View, Content(assignment), role);
            if (assignment.Origin == ShardOrigin.Owner && OwnerOf(assignment) is { Ledger.Phase: not ShardPhase.Collecting } owner)
                held.Mirror(assignment.View, owner.Ledger.Step, owner.RootSum(), isCorrupt: false);
        }
        if (held?.Reopen(assignment, role) == false) return;
        var report = new ShardOpened { View = assignment.View, Shard = assignment.Shard, Version = held?.Ledger.Step, IsBackup = role == ShardRole.Backup, Digest = held?.Digest ?? 0 };
        Insist(() => Do(_ledger.ShardOpened(_now, report)));
        if (held is not null) Serve(held, assignment.Shard, node.Name.Value);
    }

    private LedgerShard? OwnerOf(ShardAssignment assignment) =>
        Find(assignment.Owner!.Value.Value, assignment.Shard) is { } owner && owner.Ledger.View == assignment.View && owner.Ledger.Role != ShardRole.Backup ? owner : null;

    private IReadOnlyList<float[]?> Content(ShardAssignment assignment) => assignment.Origin switch
    {
        ShardOrigin.Owner => OwnerOf(assignment)!.History,
        ShardOrigin.Checkpoint => _checkpoints[long.Parse(assignment.Checkpoint!, System.Globalization.CultureInfo.InvariantCulture)][assignment.Shard.Value],
        _ => [],
    };

    private void Open(RunAction.OpenTrainer open)
    {
        var node = NodeOf(open.Trainer.Node.Value);
        if (!node.IsAlive || open.Assignment.View < node.TrainerView) return;
        node.TrainerView = open.Assignment.View;
        var report = new TrainerOpened { View = open.Assignment.View, Trainer = open.Trainer, Incarnation = node.Trainer.Life };
        Insist(() => Do(_ledger.TrainerOpened(_now, report)));
    }

    private void Issue(StepAction.IssueLease issue)
    {
        var node = NodeOf(issue.Trainer.Node.Value);
        if (node.IsAlive && node.TrainerView == issue.Lease.View) node.Trainer.Take(issue.Lease);
        else Do(_ledger.TrainerUnreachable(_now, issue.Trainer));
    }

    private static void Close(RunAction.Close close, ShardIndex shard, SimulatedNode node)
    {
        if (node.Shards.TryGetValue(shard, out var held) && !(held.Ledger.View > close.View)) node.Shards.Remove(shard);
    }

    private void Announce(StepAction.Announce announce)
    {
        var (replica, verdict) = (announce.Replica, announce.Verdict);
        if (_stored.View != verdict.View || _stored.Owners.IsEmpty || !NodeOf(_stored.Placement[replica].Value).IsAlive) return;
        string node = _stored.Placement[replica].Value;
        var held = Find(node, replica.Shard);
        var outcome = held?.Decide(verdict) ?? VerdictOutcome.NotHeld;
        var answer = new VerdictAnswer(outcome, held?.Digest ?? 0);
        Send(() => Do(_ledger.VerdictAnswered(_now, replica, verdict, answer)));
        if (held is not null) Serve(held, replica.Shard, node);
    }

    /// <summary>Does what a shard wants of others.</summary>
    private void Serve(LedgerShard held, ShardIndex shard, string node)
    {
        while (held.Wishes.TryDequeue(out var wish))
        {
            var (view, step) = (held.Ledger.View, held.Ledger.Step);
            switch (wish)
            {
                case ShardAction.Mirror:
                    Insist(() => Mirror(held, shard, node, view, step));
                    break;
                case ShardAction.Vote:
                    var seal = SealOf(held, shard);
                    Insist(() => Do(_ledger.Sealed(_now, seal)));
                    break;
                case ShardAction.Save:
                    _written[(step, shard)] = [.. held.History];
                    var saved = new ShardSaved { View = view, Version = step, Shard = shard, Objects = [new SavedObject($"{shard}", 1, "0")] };
                    if (Mischief(3)) saved = saved with { Objects = [], Problem = "the disk is full" };
                    Insist(() => Do(_ledger.ShardSaved(saved)));
                    break;
            }
        }
    }

    /// <summary>The owner gives its sum to the backup that its view names, until it is held.</summary>
    private void Mirror(LedgerShard owner, ShardIndex shard, string node, ViewNumber view, StepNumber step)
    {
        if (!NodeOf(node).Shards.ContainsValue(owner) || owner.Ledger.View != view || owner.Ledger.Step != step || owner.Ledger.Phase != ShardPhase.Mirroring) return;
        bool isCorrupt = Mischief(5);
        var outcome = _stored.View == view && !_stored.Backups.IsEmpty ? Find(_stored.Backups[shard.Value].Value, shard)?.Mirror(view, step, owner.RootSum(), isCorrupt) : null;
        if (outcome == MirrorOutcome.Held)
        {
            Insist(() =>
            {
                owner.Mirrored(view, step);
                Serve(owner, shard, node);
            });
        }
        else if (outcome != MirrorOutcome.Fenced)
        {
            Insist(() => Mirror(owner, shard, node, view, step));
        }
    }

    private static Seal SealOf(LedgerShard held, ShardIndex shard)
    {
        float[] sum = held.RootSum();
        return new Seal
        {
            View = held.Ledger.View,
            Step = held.Ledger.Step,
            Shard = shard,
            ChunkSquaredNorms = [sum.Sum(value => (double)value * value)],
            Finite = sum.All(float.IsFinite),
            Digest = (ulong)LedgerShard.DigestOf(sum),
        };
    }
}
