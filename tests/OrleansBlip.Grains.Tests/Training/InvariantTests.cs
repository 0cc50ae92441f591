using CsCheck;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

public sealed class InvariantTests
{
    /// <summary>
    /// I1 each step is carried out exactly once, with all slots; I2 by one verdict for all shards; I3 (asserted on the way) durable before announced;
    /// I4 (asserted on the way) lower views are refused; I5 (asserted on the way) a push that comes again gets the same answer and is not done again; I6 sums have the bits of a fixed tree over the slots, whatever happened on the way.
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

    /// <summary>
    /// The same with nodes that leave, lose a shard and live on, or die and come back empty, alone, two at once or together with the coordinator, and with everything that a run decides about them: a step is decided again only
    /// after a shard was lost at its owner and its backup, never because a node has left, and all that is left at the end holds the bits of the fixed tree.
    /// </summary>
    [Fact]
    public void Run_WhoseNodesDie_IsNeverTakenBackWhileOwnerOrBackupIsLeft() =>
        Gen.Int.Sample(
            seed =>
            {
                var simulation = new ClusterSimulation(seed);
                simulation.Run();
                Assert.True(simulation.Restores == 0 || simulation.MayRestore, $"{simulation.Restores} replays, and no shard was lost at both.");
                if (simulation.Restores == 0 || simulation.Losses == 0)
                {
                    var steps = simulation.Decided.Where(verdict => verdict.Kind != VerdictKind.Retry).Select(verdict => verdict.Step.Value);
                    Assert.Equal(Enumerable.Range(0, (int)simulation.Steps).Select(step => (long)step), steps);
                }
                foreach (var (shard, history) in simulation.Final)
                    Assert.Equal(Enumerable.Range(0, (int)simulation.Steps).Select(step => simulation.Sum(new StepNumber(step), shard)), history);
            },
            iter: 1000);

    private static float[]? Expected(Simulation simulation, StepNumber step, int shard) => simulation.IsOmitted(step) ? null : simulation.Sum(step, shard);
}
