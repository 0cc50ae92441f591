using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Tests.Training;

/// <summary>A simulated run, as its trainers see it.</summary>
internal interface ISimulatedRun
{
    int Slots { get; }

    int ShardCount { get; }

    /// <summary>The gradient of a slot: a function of step and slot alone.</summary>
    float[] Gradient(StepNumber step, int slot, int shard);

    void Push(SimulatedTrainer trainer, Lease lease, TreeNode node, int shard, float[] sum);

    void Report(LeaseReport report);
}
