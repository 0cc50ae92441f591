using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Reduction;

/// <summary>
/// A trainer's gradients, summed as far as the fixed tree allows while it works through a lease from slot to slot: the binary counter's stack. At no
/// time more than one buffer per level of the tree is held.
/// </summary>
/// <param name="tree">The step's tree.</param>
/// <param name="precision">What sums are rounded to.</param>
/// <param name="recycle">Takes back buffers whose content went into a sum.</param>
internal sealed class PartialSums(ReductionTree tree, GradientPrecision precision, Action<float[]> recycle)
{
    private readonly Stack<(TreeNode Node, float[] Sum)> _stack = new();

    /// <summary>Adds the gradient of <paramref name="slot"/>, the one after the slot added before; the buffer now belongs to the sums.</summary>
    public void Add(int slot, float[] gradient)
    {
        var sum = Begin(slot, gradient);
        sum.Complete(0, gradient.Length);
        End(sum);
    }

    /// <summary>Begins the sum that the gradient of <paramref name="slot"/> completes, the one after the slot added before, while that gradient is still being made.</summary>
    public PartialSum Begin(int slot, float[] gradient)
    {
        var node = ReductionTree.Leaf(slot);
        List<float[]> into = [];
        while (_stack.TryPeek(out var top) && tree.Sibling(node) == (top.Node, true))
        {
            into.Add(_stack.Pop().Sum);
            node = tree.Parent(node);
        }
        return new PartialSum(node, precision, gradient, into);
    }

    /// <summary>Takes back what <see cref="Begin"/> gave, complete.</summary>
    public void End(PartialSum sum)
    {
        foreach (float[] buffer in sum.Summands) recycle(buffer);
        _stack.Push((sum.Node, sum.Sum));
    }

    /// <summary>Takes the sums out, in slot order. After a whole lease they are the lease's <see cref="ReductionTree.Cover"/>.</summary>
    public IReadOnlyList<(TreeNode Node, float[] Sum)> TakeAll()
    {
        var sums = _stack.Reverse().ToArray();
        _stack.Clear();
        return sums;
    }
}
