using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Leases;

/// <summary>
/// Deals a step's slots to trainers: each gets a contiguous run, in the order of the trainers, so that all finish at about the same time; within 5% of
/// the best finish it takes the boundaries at which the runs fall into the fewest nodes of the reduction tree, since each node is one push.
/// </summary>
internal static class LeasePlanner
{
    /// <summary>How much later than the best plan the last trainer may finish for the sake of fewer pushes.</summary>
    private const double Slack = 1.05;

    /// <summary>Deals <paramref name="slots"/>.</summary>
    /// <param name="tree">The step's tree.</param>
    /// <param name="slots">Slots to deal, ascending.</param>
    /// <param name="trainers">Trainers in a fixed order, each with the seconds that a slot takes it.</param>
    /// <returns>At least one range for each trainer that gets slots; several where <paramref name="slots"/> has gaps.</returns>
    public static ImmutableArray<(TrainerId Trainer, SlotRange Slots)> Plan(
        ReductionTree tree, IReadOnlyList<int> slots, IReadOnlyList<(TrainerId Trainer, double SecondsPerSlot)> trainers)
    {
        if (slots.Count == 0 || trainers.Count == 0) return [];
        double finish = BestFinish(slots.Count, trainers) * Slack;
        int[] most = [.. trainers.Select(trainer => (int)Math.Min(slots.Count, finish / trainer.SecondsPerSlot))];
        int[] counts = FewestPushes(tree, slots, trainers, most);

        var plan = ImmutableArray.CreateBuilder<(TrainerId, SlotRange)>();
        int next = 0;
        for (int i = 0; i < trainers.Count; i++)
        {
            foreach (var range in Ranges(slots, next, counts[i])) plan.Add((trainers[i].Trainer, range));
            next += counts[i];
        }
        return plan.ToImmutable();
    }

    /// <summary>The runs of consecutive slots in a part of an ascending list.</summary>
    private static IEnumerable<SlotRange> Ranges(IReadOnlyList<int> slots, int first, int count)
    {
        for (int i = first; i < first + count;)
        {
            int start = i;
            while (++i < first + count && slots[i] == slots[i - 1] + 1) { }
            yield return new(slots[start], i - start);
        }
    }

    /// <summary>When the last trainer finishes if each slot goes to the trainer that would finish it first, which is optimal for equal slots.</summary>
    private static double BestFinish(int slotCount, IReadOnlyList<(TrainerId Trainer, double SecondsPerSlot)> trainers)
    {
        double finish = 0;
        var seconds = new PriorityQueue<(double Finish, double Each), double>();
        foreach (var (_, each) in trainers) seconds.Enqueue((each, each), each);
        for (int slot = 0; slot < slotCount; slot++)
        {
            var (end, each) = seconds.Dequeue();
            finish = end;
            seconds.Enqueue((end + each, each), end + each);
        }
        return finish;
    }

    /// <summary>How many slots each trainer gets, at most <paramref name="most"/>: fewest tree nodes in all, then the earliest finish, then the first trainers.</summary>
    private static int[] FewestPushes(ReductionTree tree, IReadOnlyList<int> slots, IReadOnlyList<(TrainerId Trainer, double SecondsPerSlot)> trainers, int[] most)
    {
        // best[i][p]: the best way to deal the first p slots to the first i trainers, and how many of them trainer i − 1 gets.
        var best = new (int Pushes, double Finish, int Count)?[trainers.Count + 1][];
        best[0] = new (int, double, int)?[slots.Count + 1];
        best[0][0] = (0, 0, 0);
        int capacityLeft = most.Sum();
        for (int i = 0; i < trainers.Count; i++)
        {
            capacityLeft -= most[i];
            best[i + 1] = new (int, double, int)?[slots.Count + 1];
            for (int from = 0; from <= slots.Count; from++)
            {
                if (best[i][from] is not { } before) continue;
                for (int count = Math.Max(0, slots.Count - capacityLeft - from); count <= most[i] && from + count <= slots.Count; count++)
                {
                    int pushes = before.Pushes + Ranges(slots, from, count).Sum(range => tree.Cover(range).Length);
                    double finish = Math.Max(before.Finish, count * trainers[i].SecondsPerSlot);
                    var current = best[i + 1][from + count];
                    if (current is null || pushes < current.Value.Pushes || (pushes == current.Value.Pushes && finish <= current.Value.Finish))
                        best[i + 1][from + count] = (pushes, finish, count);
                }
            }
        }

        int[] counts = new int[trainers.Count];
        for (int i = trainers.Count, end = slots.Count; i > 0; end -= counts[--i]) counts[i - 1] = best[i][end]!.Value.Count;
        return counts;
    }
}
