using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>
/// The parameter shard's side of the protocol, without tensors, clock or calls: Collecting(t) → Mirroring(t) where there is a backup → Sealed(t) → Collecting(t + 1). What the pushes of a step
/// cover is a set of disjoint nodes of the fixed tree, so a push is known by its slots and not by who sends it: one that brings nothing new is a
/// duplicate, one that covers sums held already takes their place (equal slots have equal gradients, so the bits stay the same).
/// </summary>
internal sealed class ShardLedger
{
    private static readonly (VerdictOutcome, IReadOnlyList<ShardAction>) NotSealed = (VerdictOutcome.NotSealed, []);

    private readonly ReductionTree _tree;
    private readonly HashSet<TreeNode> _held = [];
    private readonly HashSet<(TreeNode Node, TrainerId Trainer, Incarnation Incarnation)> _accepted = [];
    private ulong _mirrored;

    /// <summary>A shard that stands open at the version of <paramref name="step"/>.</summary>
    public ShardLedger(ReductionTree tree, ViewNumber view, StepNumber step, ShardRole role = ShardRole.Owner)
    {
        _tree = tree;
        View = view;
        Step = step;
        Role = role;
    }

    /// <summary>The highest view heard of; everything below is refused.</summary>
    public ViewNumber View { get; private set; }

    /// <summary>The step being collected, which is also the version published.</summary>
    public StepNumber Step { get; private set; }

    /// <summary>What this node is to the shard.</summary>
    public ShardRole Role { get; private set; }

    /// <summary>What the shard does with the step.</summary>
    public ShardPhase Phase { get; private set; } = ShardPhase.Collecting;

    /// <summary>
    /// Goes on under a higher view with what is held: the sums of the step stay good, since a slot's gradient does not depend on who asked for it.
    /// A sealed shard votes again, for the new coordinator has not heard it, and before that gives its sum to its backup, which may be a new one.
    /// </summary>
    /// <param name="view">The new view.</param>
    /// <param name="role">What this node is to the shard from now on: a backup may become the owner.</param>
    /// <param name="dropSums">Whether the step's sums are to be forgotten, as after a retry that this shard may not have heard of.</param>
    /// <param name="saveVersion">The version whose checkpoint is missing; null for none. A shard at another version will hear of it by the verdict.</param>
    /// <returns>What to do, or null where <paramref name="view"/> is fenced.</returns>
    public IReadOnlyList<ShardAction>? Reopen(ViewNumber view, ShardRole role = ShardRole.Owner, bool dropSums = false, StepNumber? saveVersion = null)
    {
        if (view < View) return null;
        bool isMirrored = view == View && role == Role && Phase == ShardPhase.Sealed;
        (View, Role) = (view, role);
        List<ShardAction> actions = saveVersion == Step && role != ShardRole.Backup ? [new ShardAction.Save()] : [];
        // What a backup holds are whole sums.
        bool isPart = role == ShardRole.Backup && Phase == ShardPhase.Collecting && _held.Count > 0;
        if (dropSums || isPart)
        {
            Forget();
            actions.Add(new ShardAction.Clear());
        }
        else if (Phase != ShardPhase.Collecting)
        {
            Seal(actions, isMirrored);
        }
        return actions;
    }

    /// <summary>A block comes in. Actions are given only where it is accepted for the first time.</summary>
    /// <param name="view">The block's view.</param>
    /// <param name="step">The block's step.</param>
    /// <param name="node">The slots it sums.</param>
    /// <param name="trainer">The sender.</param>
    /// <param name="incarnation">The sender's life.</param>
    /// <param name="defect">What is wrong with the block itself: <see cref="PushOutcome.BadChecksum"/>, <see cref="PushOutcome.BadShape"/> or null.</param>
    public (PushAnswer Answer, IReadOnlyList<ShardAction> Actions) Push(
        ViewNumber view, StepNumber step, TreeNode node, TrainerId trainer, Incarnation incarnation, PushOutcome? defect = null)
    {
        if (view != View || Role == ShardRole.Backup) return (Answer(PushOutcome.Fenced), []);
        if (step != Step) return (Answer(PushOutcome.Stale), []);
        if (defect == PushOutcome.BadShape || !_tree.Contains(node)) return (Answer(PushOutcome.BadShape), []);
        // Memory that was given up is no longer what was pushed; who pushes it again only wants to hear of it.
        if (_accepted.Contains((node, trainer, incarnation))) return (Answer(PushOutcome.Accepted), []);
        if (IsCovered(node)) return (Answer(PushOutcome.Duplicate), []);
        if (defect is { } wrong) return (Answer(wrong), []);

        _accepted.Add((node, trainer, incarnation));
        return (Answer(PushOutcome.Accepted), Take(node));
    }

    /// <summary>The backup holds the sum of <paramref name="step"/>.</summary>
    public IReadOnlyList<ShardAction> Mirrored(ViewNumber view, StepNumber step)
    {
        if (view != View || step != Step || Phase != ShardPhase.Mirroring) return [];
        Phase = ShardPhase.Sealed;
        return [new ShardAction.Vote()];
    }

    /// <summary>The owner gives its sum of <paramref name="step"/> to this backup.</summary>
    /// <param name="view">The owner's view.</param>
    /// <param name="step">The step.</param>
    /// <param name="digest">The sum's digest.</param>
    /// <param name="defect">What is wrong with the sum itself: <see cref="MirrorOutcome.BadChecksum"/>, <see cref="MirrorOutcome.BadShape"/> or null.</param>
    public (MirrorOutcome Outcome, IReadOnlyList<ShardAction> Actions) Mirror(ViewNumber view, StepNumber step, ulong digest, MirrorOutcome? defect = null)
    {
        if (view < View) return (MirrorOutcome.Fenced, []);
        // The coordinator's word of the new view, or of the verdict before, is still on its way here.
        if (view > View || step > Step) return (MirrorOutcome.Behind, []);
        if (Role != ShardRole.Backup) return (MirrorOutcome.Fenced, []);
        if (step < Step) return (MirrorOutcome.Held, []);
        if (defect is { } wrong) return (wrong, []);
        if (Phase == ShardPhase.Sealed && _mirrored == digest) return (MirrorOutcome.Held, []);

        List<ShardAction> actions = [.. _held.Select(held => new ShardAction.Discard(held)), new ShardAction.Store(_tree.Root)];
        _held.Clear();
        _held.Add(_tree.Root);
        (Phase, _mirrored) = (ShardPhase.Sealed, digest);
        return (MirrorOutcome.Held, actions);
    }

    /// <summary>A verdict comes in. Actions are given only where it is carried out now.</summary>
    public (VerdictOutcome Outcome, IReadOnlyList<ShardAction> Actions) Decide(Verdict verdict)
    {
        if (verdict.View < View) return (VerdictOutcome.Fenced, []);
        if (verdict.Kind == VerdictKind.Retry) return Retry(verdict);
        if (verdict.View > View) return (VerdictOutcome.Fenced, []);
        if (verdict.NextStep <= Step) return (VerdictOutcome.Done, []);
        if (verdict.Step != Step || (Phase != ShardPhase.Sealed && !verdict.IsAmended)) return NotSealed;

        List<ShardAction> actions = [verdict.Kind == VerdictKind.Apply ? new ShardAction.Apply(verdict.SquaredNorm) : new ShardAction.CarryOver(), new ShardAction.Clear()];
        if (verdict.Checkpoint && Role != ShardRole.Backup) actions.Add(new ShardAction.Save());
        Step = verdict.NextStep;
        Forget();
        return (VerdictOutcome.Done, actions);
    }

    private (VerdictOutcome, IReadOnlyList<ShardAction>) Retry(Verdict verdict)
    {
        if (verdict.Step != Step) return NotSealed;
        if (verdict.View == View) return (VerdictOutcome.Done, []);
        View = verdict.View;
        Forget();
        return (VerdictOutcome.Done, [new ShardAction.Clear()]);
    }

    private void Forget()
    {
        Phase = ShardPhase.Collecting;
        _held.Clear();
        _accepted.Clear();
    }

    private bool IsCovered(TreeNode node)
    {
        var slots = _tree.Slots(node);
        return _held.Any(held => _tree.Slots(held) is var range && range.Start <= slots.Start && slots.End <= range.End);
    }

    private List<ShardAction> Take(TreeNode node)
    {
        var slots = _tree.Slots(node);
        List<ShardAction> actions = [];
        foreach (var held in _held.Where(held => slots.Contains(held.Index << held.Level)).ToArray())
        {
            _held.Remove(held);
            actions.Add(new ShardAction.Discard(held));
        }

        // The block is summed with its sibling straight from the sender's memory; only where there is none yet is it copied.
        TreeNode? from = null;
        var current = node;
        while (_tree.Sibling(current) is { } sibling && _held.Remove(sibling.Node))
        {
            var parent = _tree.Parent(current);
            actions.Add(new ShardAction.Add(sibling.Node, from, parent));
            from = current = parent;
        }
        if (from is null) actions.Add(new ShardAction.Store(node));
        _held.Add(current);

        if (current == _tree.Root) Seal(actions, isMirrored: false);
        return actions;
    }

    private void Seal(List<ShardAction> actions, bool isMirrored)
    {
        bool mustMirror = Role == ShardRole.OwnerWithBackup && !isMirrored;
        Phase = mustMirror ? ShardPhase.Mirroring : ShardPhase.Sealed;
        if (mustMirror) actions.Add(new ShardAction.Mirror());
        else if (Role != ShardRole.Backup) actions.Add(new ShardAction.Vote());
    }

    private PushAnswer Answer(PushOutcome outcome) => new(outcome, View, Step);
}
