using CsCheck;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

public sealed class InvariantTests
{
    /// <summary>
    /// I1 each step is carried out exactly once, with all slots; I2 by one verdict for all shards; I3 (asserted on the way) durable before announced;
    /// I4 (asserted on the way) lower views are refused; I5, I6 sums have the bits of a fixed tree over the slots, whatever happened on the way.
    /// </summary>
    [Fact]
    public void Run_OnAHostileNetwork_CarriesEachStepOutOnceWithTheSameBits() =>
        Gen.Int.Sample(
            seed =>
            {
                var simulation = new Simulation(seed);
                simulation.Run();

                var verdicts = simulation.Decided.Where(verdict => verdict.Kind != VerdictKind.Retry).ToArray();
                Assert.Equal(Enumerable.Range(0, (int)simulation.Steps).Select(step => new StepNumber(step)), verdicts.Select(verdict => verdict.Step));
                foreach (var verdict in verdicts)
                {
                    bool isOmitted = simulation.IsOmitted(verdict.Step);
                    Assert.Equal((isOmitted || simulation.IsPoisoned(verdict.Step) ? VerdictKind.Skip : VerdictKind.Apply, isOmitted), (verdict.Kind, verdict.IsAmended));
                }
                for (int shard = 0; shard < simulation.Shards.Count; shard++)
                {
                    var history = simulation.Shards[shard].History;
                    Assert.Equal(verdicts.Length, history.Count);
                    for (int step = 0; step < history.Count; step++) Assert.Equal(Expected(simulation, new StepNumber(step), shard), history[step]);
                }
            },
            iter: 2000);

    private static float[]? Expected(Simulation simulation, StepNumber step, int shard)
    {
        if (simulation.IsPoisoned(step) || simulation.IsOmitted(step)) return null;
        var sums = new PartialSums(new ReductionTree(simulation.Slots), GradientPrecision.Float32, recycle: _ => { });
        for (int slot = 0; slot < simulation.Slots; slot++) sums.Add(slot, simulation.Gradient(step, slot, shard));
        return sums.TakeAll().Single().Sum;
    }
}
