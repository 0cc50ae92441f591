using System.Globalization;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>Short names for ids in tests.</summary>
internal static class Names
{
    public static TrainerId Trainer(string name) => new(new NodeName(name), 0);

    public static Incarnation Life(long number) => new(new Guid((int)number, 0, 0, new byte[8]));

    public static SlotRange Slots(string text)
    {
        int[] ends = [.. text.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
        return new SlotRange(ends[0], ends[^1] - ends[0] + 1);
    }

    public static TreeNode Node(ReductionTree tree, string text)
    {
        var slots = Slots(text);
        // A range beyond the tree is told too: as a node that it does not contain.
        return slots.End <= tree.SlotCount ? tree.Cover(slots).Single() : new TreeNode(0, slots.Start);
    }
}
