using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>A parameter shard in memory that does what its ledger says, and keeps a record of every version it made.</summary>
internal sealed class LedgerShard(ReductionTree tree)
{
    private readonly Dictionary<TreeNode, float[]> _sums = [];

    public ShardLedger Ledger { get; } = new(tree, new ViewNumber(1), new StepNumber(0));

    /// <summary>What was done for each step: the sum applied, or null for a skip.</summary>
    public List<float[]?> History { get; } = [];

    public float[] RootSum() => _sums[tree.Root];

    public bool IsSealed => Ledger.Phase == ShardPhase.Sealed;

    public PushAnswer Push(TreeNode node, float[] block, ViewNumber? view = null, StepNumber? step = null, TrainerId? trainer = null, Incarnation? life = null, bool isCorrupt = false)
    {
        var (answer, actions) = Ledger.Push(
            view ?? Ledger.View, step ?? Ledger.Step, node, trainer ?? Names.Trainer("a"), life ?? Names.Life(1), isCorrupt ? PushOutcome.BadChecksum : null);
        Do(actions, block);
        return answer;
    }

    public VerdictOutcome Decide(Verdict verdict)
    {
        var (outcome, actions) = Ledger.Decide(verdict);
        Do(actions, []);
        return outcome;
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
            }
        }
    }
}
