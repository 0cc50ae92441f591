using System.Collections.Immutable;
using System.Numerics;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Reduction;

/// <summary>
/// The fixed binary tree in which the gradients of a step's V slots are summed. It depends on V alone, so the sum has the same bits whoever computed
/// which slot and in whatever order the sums arrive. A range splits at the largest power of two below its length; a node whose right half would be
/// empty is its left child, so each sum has one name: that of the lowest node that covers its slots.
/// </summary>
public sealed class ReductionTree
{
    private readonly int _height;

    /// <summary>The tree over <paramref name="slotCount"/> slots, at least 1.</summary>
    public ReductionTree(int slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slotCount, 1);
        SlotCount = slotCount;
        _height = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)slotCount));
        Root = Canonical(new(_height, 0));
    }

    /// <summary>Slots of a step (V).</summary>
    public int SlotCount { get; }

    /// <summary>The node that covers all slots.</summary>
    public TreeNode Root { get; }

    /// <summary>The node of a single slot.</summary>
    public static TreeNode Leaf(int slot) => new(0, slot);

    /// <summary>Whether <paramref name="node"/> is a node of this tree, under its one name.</summary>
    public bool Contains(TreeNode node) =>
        node.Level >= 0 && node.Level <= _height && node.Index >= 0 && node.Index < SlotCount && (long)node.Index << node.Level < SlotCount && Canonical(node) == node;

    /// <summary>The slots that <paramref name="node"/> covers.</summary>
    public SlotRange Slots(TreeNode node)
    {
        int start = node.Index << node.Level;
        return new(start, Math.Min(1 << node.Level, SlotCount - start));
    }

    /// <summary>The node with which <paramref name="node"/> is summed, and whether that one is the left operand; null for the root.</summary>
    public (TreeNode Node, bool IsLeft)? Sibling(TreeNode node)
    {
        for (var (level, index) = (node.Level, node.Index); level < _height; level++, index >>= 1)
        {
            if ((index & 1) == 1) return (Canonical(new(level, index - 1)), true);
            if ((long)(index + 1) << level < SlotCount) return (Canonical(new(level, index + 1)), false);
        }
        return null;
    }

    /// <summary>The sum of <paramref name="node"/> and its sibling.</summary>
    public TreeNode Parent(TreeNode node)
    {
        for (var (level, index) = (node.Level, node.Index); level < _height; level++, index >>= 1)
            if ((index & 1) == 1 || (long)(index + 1) << level < SlotCount) return new(level + 1, index >> 1);
        throw new ArgumentException("The root has no parent.", nameof(node));
    }

    /// <summary>The fewest nodes that cover exactly <paramref name="slots"/>, in slot order: what a trainer pushes for a lease.</summary>
    public ImmutableArray<TreeNode> Cover(SlotRange slots)
    {
        var nodes = ImmutableArray.CreateBuilder<TreeNode>();
        for (int start = slots.Start; start < slots.End;)
        {
            var node = Leaf(start);
            while (Sibling(node) is (_, false) && Slots(Parent(node)).End <= slots.End) node = Parent(node);
            nodes.Add(node);
            start = Slots(node).End;
        }
        return nodes.ToImmutable();
    }

    private TreeNode Canonical(TreeNode node)
    {
        var (level, index) = (node.Level, node.Index);
        while (level > 0 && ((2L * index + 1) << (level - 1)) >= SlotCount) (level, index) = (level - 1, 2 * index);
        return new(level, index);
    }
}
