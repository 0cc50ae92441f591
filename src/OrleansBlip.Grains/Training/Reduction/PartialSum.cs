using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Reduction;

/// <summary>A sum of gradients that is made range by range, as ranges of its last summand are complete. Its bits are those of the sum that is made at once.</summary>
/// <param name="node">The slots that it sums.</param>
/// <param name="precision">What sums are rounded to.</param>
/// <param name="gradient">The last summand.</param>
/// <param name="into">The sums that it is added to, from the lowest node on; empty where it is a sum by itself.</param>
internal sealed class PartialSum(TreeNode node, GradientPrecision precision, float[] gradient, IReadOnlyList<float[]> into)
{
    /// <summary>The slots that it sums.</summary>
    public TreeNode Node => node;

    /// <summary>Where it is made.</summary>
    public float[] Sum => into.Count > 0 ? into[^1] : gradient;

    /// <summary>Buffers whose content goes into it.</summary>
    public IEnumerable<float[]> Summands => into.Count > 0 ? [gradient, .. into.SkipLast(1)] : [];

    /// <summary>Makes a range of it; once for each.</summary>
    public void Complete(long start, long end)
    {
        var range = (int)start..(int)end;
        GradientSum.RoundLeaf(gradient.AsSpan(range), precision);
        float[] below = gradient;
        foreach (float[] above in into)
        {
            GradientSum.Add(above.AsSpan(range), below.AsSpan(range), precision);
            below = above;
        }
    }
}
