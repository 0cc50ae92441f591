using CsCheck;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Reduction;

public sealed class ReductionTreeTests
{
    [Theory]
    [InlineData(1, "0")]
    [InlineData(2, "(0+1)")]
    [InlineData(3, "((0+1)+2)")]
    [InlineData(5, "(((0+1)+(2+3))+4)")]
    [InlineData(7, "(((0+1)+(2+3))+((4+5)+6))")]
    public void Root_OfSlots_SplitsAtTheLargestPowerOfTwoBelow(int slots, string expected) => Assert.Equal(expected, Describe(new ReductionTree(slots)));

    [Theory]
    [InlineData(8, "0-7", "0-7")]
    [InlineData(8, "1-6", "1 2-3 4-5 6")]
    [InlineData(7, "4-6", "4-6")]
    [InlineData(7, "6", "6")]
    [InlineData(6, "2-5", "2-3 4-5")]
    public void Cover_OfARange_IsTheFewestNodes(int slots, string range, string expected)
    {
        var tree = new ReductionTree(slots);
        Assert.Equal(expected, string.Join(' ', tree.Cover(Names.Slots(range)).Select(node => tree.Slots(node).ToString())));
    }

    [Fact]
    public void Contains_NodesUnderOtherNames_IsFalse()
    {
        var tree = new ReductionTree(5);
        Assert.True(tree.Contains(tree.Root));
        Assert.True(tree.Contains(new TreeNode(0, 4)));
        Assert.False(tree.Contains(new TreeNode(1, 2)));
        Assert.False(tree.Contains(new TreeNode(0, 5)));
        Assert.False(tree.Contains(new TreeNode(0, -1)));
        Assert.False(tree.Contains(new TreeNode(31, 0)));
    }

    [Fact]
    public void Sum_OverEveryAssignmentAndArrivalOrder_HasTheSameBits() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int).Sample((slots, seed) =>
        {
            var random = new Random(seed);
            var tree = new ReductionTree(slots);
            float[][] gradients = [.. Enumerable.Range(0, slots).Select(_ => Gradient(random))];
            byte[] expected = Bits(Recursive(gradients));

            // Random leases, each summed by its trainer as far as the tree allows, arriving in random order.
            var pushes = new List<(TreeNode Node, float[] Sum)>();
            for (int start = 0; start < slots;)
            {
                int count = random.Next(1, slots - start + 1);
                var partial = new PartialSums(tree, GradientPrecision.Float32, recycle: _ => { });
                for (int slot = start; slot < start + count; slot++) partial.Add(slot, [.. gradients[slot]]);
                var sums = partial.TakeAll();
                Assert.Equal(tree.Cover(new SlotRange(start, count)), sums.Select(sum => sum.Node));
                pushes.AddRange(sums);
                start += count;
            }
            var shard = new LedgerShard(tree);
            foreach (var (node, sum) in pushes.OrderBy(_ => random.Next())) shard.Push(node, sum);
            Assert.Equal(expected, Bits(shard.RootSum()));
        });

    private static float[] Gradient(Random random) => [.. Enumerable.Range(0, 5).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-20, 20))))];

    private static float[] Recursive(ReadOnlySpan<float[]> gradients)
    {
        if (gradients.Length == 1) return gradients[0];
        int half = 1;
        while (half * 2 < gradients.Length) half *= 2;
        return [.. Recursive(gradients[..half]).Zip(Recursive(gradients[half..]), (left, right) => left + right)];
    }

    private static byte[] Bits(float[] sum) => [.. sum.SelectMany(BitConverter.GetBytes)];

    private static string Describe(ReductionTree tree)
    {
        var names = new Dictionary<TreeNode, string>();
        for (int slot = 0; slot < tree.SlotCount; slot++) names.Add(ReductionTree.Leaf(slot), slot.ToString(System.Globalization.CultureInfo.InvariantCulture));
        while (!names.ContainsKey(tree.Root))
        {
            var left = names.Keys.First(node => tree.Sibling(node) is (var sibling, false) && names.ContainsKey(sibling));
            var right = tree.Sibling(left)!.Value.Node;
            names.Add(tree.Parent(left), $"({names[left]}+{names[right]})");
            names.Remove(left);
            names.Remove(right);
        }
        return names[tree.Root];
    }
}
