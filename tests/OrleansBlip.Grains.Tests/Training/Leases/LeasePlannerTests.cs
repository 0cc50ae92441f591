using CsCheck;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Leases;

public sealed class LeasePlannerTests
{
    [Theory]
    [InlineData(8, "1", "a:0-7")]
    [InlineData(8, "1 1", "a:0-3 b:4-7")]
    [InlineData(8, "1 1 1 1", "a:0-1 b:2-3 c:4-5 d:6-7")]
    [InlineData(8, "1 3", "a:0-5 b:6-7")]
    [InlineData(2, "1 1 1", "a:0 b:1")]
    [InlineData(8, "1 1 1", "a:0-2 b:3-5 c:6-7")]
    public void Plan_BySpeed_DealsContiguousLeases(int slots, string seconds, string expected)
    {
        var trainers = seconds.Split(' ').Select((text, i) => (Names.Trainer(((char)('a' + i)).ToString()), double.Parse(text))).ToArray();
        var plan = LeasePlanner.Plan(new ReductionTree(slots), [.. Enumerable.Range(0, slots)], trainers);
        Assert.Equal(expected, string.Join(' ', plan.Select(lease => $"{lease.Trainer.Node}:{lease.Slots}")));
    }

    [Fact]
    public void Plan_OfSlotsWithGaps_GivesARangeForEachRun()
    {
        var plan = LeasePlanner.Plan(new ReductionTree(8), [0, 1, 5], [(Names.Trainer("a"), 1)]);
        Assert.Equal([new SlotRange(0, 2), new SlotRange(5, 1)], plan.Select(lease => lease.Slots));
    }

    [Fact]
    public void Plan_WithinFivePercent_TakesTheBoundaryWithFewerPushes()
    {
        // 65 slots to each of two equal trainers would cut the tree at 65; at 64 the finish is 1.5% later and the trainers push one node less.
        var tree = new ReductionTree(130);
        var plan = LeasePlanner.Plan(tree, [.. Enumerable.Range(0, 130)], [(Names.Trainer("a"), 1), (Names.Trainer("b"), 1)]);
        Assert.Equal(64, plan[0].Slots.Count);
        Assert.Equal(3, plan.Sum(lease => tree.Cover(lease.Slots).Length));
    }

    [Fact]
    public void Plan_OfAnySlotsAndSpeeds_DealsEachOnceAndFinishesInTime() =>
        Gen.Select(Gen.Int[1, 64], Gen.Double[0.1, 10].List[1, 8]).Sample((slots, seconds) =>
        {
            (TrainerId, double)[] trainers = [.. seconds.Select((each, i) => (Names.Trainer(((char)('a' + i)).ToString()), each))];
            var plan = LeasePlanner.Plan(new ReductionTree(slots), [.. Enumerable.Range(0, slots)], trainers);
            Assert.Equal(Enumerable.Range(0, slots), plan.SelectMany(lease => Enumerable.Range(lease.Slots.Start, lease.Slots.Count)));
            Assert.Equal(plan.Select(lease => lease.Trainer).Distinct().Order(), plan.Select(lease => lease.Trainer).Distinct());

            // The best finish is that of the slot-by-slot greedy deal.
            double[] ends = new double[seconds.Count];
            for (int slot = 0; slot < slots; slot++)
            {
                int first = Enumerable.Range(0, ends.Length).MinBy(i => ends[i] + seconds[i]);
                ends[first] += seconds[first];
            }
            double finish = plan.GroupBy(lease => lease.Trainer).Max(leases => leases.Sum(lease => lease.Slots.Count) * trainers.Single(trainer => trainer.Item1 == leases.Key).Item2);
            Assert.True(finish <= ends.Max() * 1.0501, $"The last trainer finishes at {finish}, the best plan at {ends.Max()}.");
        });
}
