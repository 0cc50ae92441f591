using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Trainers;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training.Trainers;

public sealed class ShardPushesTests
{
    private const int Length = 90;

    [Theory]
    [InlineData(GradientPrecision.Float32)]
    [InlineData(GradientPrecision.BFloat16)]
    public async Task Pushes_OfALastSum_HaveTheBitsOfTheSumAtOnce(GradientPrecision precision)
    {
        // Four slots: the last one completes the sum of all.
        var atOnce = new PartialSums(new ReductionTree(4), precision, _ => { });
        var inPieces = new PartialSums(new ReductionTree(4), precision, _ => { });
        for (int slot = 0; slot < 3; slot++)
        {
            atOnce.Add(slot, Rounded(slot));
            inPieces.Add(slot, Rounded(slot));
        }
        atOnce.Add(3, Rounded(3));

        var last = inPieces.Begin(3, Gradient(3));
        List<(int Shard, float[] Part)> pushed = [];
        var pushes = new ShardPushes([(0, 30), (30, 60), (60, 60), (60, 90)], last, memory: null, shard =>
        {
            var (start, end) = shard.Value switch { 0 => (0, 30), 1 => (30, 60), 2 => (60, 60), _ => (60, 90) };
            pushed.Add((shard.Value, last.Sum[start..end]));
            return Task.FromResult<PushAnswer?>(new PushAnswer(PushOutcome.Accepted, default, default));
        });
        pushes.Note(80, 10);
        pushes.Note(0, 40);
        Assert.False(pushes.HasBegun); // the lead shard waits for the end, the others for the rest of their ranges
        pushes.Note(40, 40);
        Assert.Equal([1, 3], pushed.Select(push => push.Shard));
        pushes.Complete();
        inPieces.End(last);

        float[] expected = Assert.Single(atOnce.TakeAll()).Sum;
        Assert.Equal(expected, Assert.Single(inPieces.TakeAll()).Sum);
        Assert.Equal(expected[30..60], pushed[0].Part);
        Assert.Equal(expected[60..90], pushed[1].Part);
        Assert.True((await pushes.Find(new ShardIndex(3))!)!.Value.IsHeld);
        Assert.Null(pushes.Find(ShardIndex.Lead));
        Assert.Null(pushes.Find(new ShardIndex(2)));

        float[] Rounded(int slot)
        {
            float[] gradient = Gradient(slot);
            GradientSum.RoundLeaf(gradient, precision);
            return gradient;
        }
    }

    private static float[] Gradient(int slot) => [.. Enumerable.Range(0, Length).Select(i => MathF.Sin(i * 7.7f + slot * 1.3f) * MathF.Exp(i % 11))];
}
