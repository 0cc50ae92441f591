using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>A parameter shard in memory that does what its ledger says, and keeps a record of every version it made.</summary>
internal sealed class LedgerShard(ReductionTree tree, ViewNumber? view = null, StepNumber? step = null, ShardRole role = ShardRole.Owner)
{
    private readonly Dictionary<TreeNode, float[]> _sums = [];
    private readonly Dictionary<Sent, PushOutcome> _answers = [];

    public ShardLedger Ledger { get; } = new(tree, view ?? new ViewNumber(1), step ?? new StepNumber(0), role);

    /// <summary>What was done for each step: the sum applied, or null for a skip.</summary>
    public List<float[]?> History { get; private init; } = [];

    /// <summary>What the ledger wants that concerns others: give the sum away, vote, save.</summary>
    public Queue<ShardAction> Wishes { get; } = new();

    /// <summary>The history in one number.</summary>
    public ulong Digest => (ulong)History.Aggregate(17L, (hash, sum) => hash * 31 + (sum is null ? 1 : DigestOf(sum)));

    /// <summary>A shard that begins with what another one, or a checkpoint, holds.</summary>
    public static LedgerShard Of(ReductionTree tree, ViewNumber view, IReadOnlyList<float[]?> history, ShardRole role) =>
        new(tree, view, new StepNumber(history.Count), role) { History = [.. history] };

    public static long DigestOf(float[] sum) => sum.Aggregate(17L, (hash, value) => hash * 31 + BitConverter.SingleToInt32Bits(value));

    /// <summary>Goes on under another view; null where that is past.</summary>
    public bool Reopen(ShardAssignment assignment, ShardRole role)
    {
        bool isRepeated = Ledger.View == assignment.View;
        if (Ledger.Reopen(assignment.View, role, assignment.DropSums && !isRepeated, isRepeated ? null : assignment.SaveVersion) is not { } actions) return false;
        Do(actions, []);
        return true;
    }

    public MirrorOutcome Mirror(ViewNumber view, StepNumber step, float[] sum, bool isCorrupt)
    {
        var (outcome, actions) = Ledger.Mirror(view, step, (ulong)DigestOf(sum), isCorrupt ? MirrorOutcome.BadChecksum : null);
        Do(actions, sum);
        return outcome;
    }

    public void Mirrored(ViewNumber view, StepNumber step) => Do(Ledger.Mirrored(view, step), []);

    public float[] RootSum() => _sums[tree.Root];

    public bool IsSealed => Ledger.Phase == ShardPhase.Sealed;

    public PushAnswer Push(TreeNode node, float[] block, ViewNumber? view = null, StepNumber? step = null, TrainerId? trainer = null, Incarnation? life = null, bool isCorrupt = false)
    {
        var sent = new Sent(view ?? Ledger.View, step ?? Ledger.Step, node, trainer ?? Names.Trainer("a"), life ?? Names.Life(1));
        var (answer, actions) = Ledger.Push(sent.View, sent.Step, node, sent.Trainer, sent.Life, isCorrupt ? PushOutcome.BadChecksum : null);
        AssertPromised(sent, isCorrupt, answer, actions);
        Do(actions, block);
        return answer;
    }

    public VerdictOutcome Decide(Verdict verdict)
    {
        var (outcome, actions) = Ledger.Decide(verdict);
        Do(actions, []);
        return outcome;
    }

    /// <summary>
    /// While its step is collected under its view, the same push gets the same answer however often it comes, and is done once; before and after it is refused. A damaged block is never taken:
    /// it is told what has become of its slots where that is known.
    /// </summary>
    private void AssertPromised(Sent sent, bool isCorrupt, PushAnswer answer, IReadOnlyList<ShardAction> actions)
    {
        bool isExpected = sent.View == Ledger.View && sent.Step == Ledger.Step && Ledger.Role != ShardRole.Backup;
        if (isCorrupt)
        {
            Assert.Empty(actions);
            if (answer.Outcome == PushOutcome.Accepted) Assert.Contains(_answers, known => known.Key with { View = sent.View } == sent && known.Value == PushOutcome.Accepted);
            return;
        }
        Assert.Equal(isExpected, answer.IsHeld);
        bool isFirst = isExpected && _answers.TryAdd(sent, answer.Outcome);
        if (isExpected) Assert.Equal(_answers[sent], answer.Outcome);
        if (!isFirst) Assert.Empty(actions);
    }

    private void Do(IReadOnlyList<ShardAction> actions, float[] block)
    {
        foreach (var action in actions)
        {
            switch (action)
            {
                case ShardAction.Store store:
                    _sums.Add(store.Node, [.. block]);
                    break;
                case ShardAction.Discard discard:
                    Assert.True(_sums.Remove(discard.Node));
                    break;
                case ShardAction.Add add:
                    Assert.True(_sums.Remove(add.Into, out var into));
                    float[]? from = block;
                    if (add.From is { } node) Assert.True(_sums.Remove(node, out from));
                    GradientSum.Add(into, from);
                    _sums.Add(add.Parent, into);
                    break;
                case ShardAction.Apply:
                    History.Add([.. RootSum()]);
                    break;
                case ShardAction.CarryOver:
                    History.Add(null);
                    break;
                case ShardAction.Clear:
                    _sums.Clear();
                    break;
                default:
                    Wishes.Enqueue(action);
                    break;
            }
        }
    }

    /// <summary>What makes a push the same.</summary>
    private readonly record struct Sent(ViewNumber View, StepNumber Step, TreeNode Node, TrainerId Trainer, Incarnation Life);
}
