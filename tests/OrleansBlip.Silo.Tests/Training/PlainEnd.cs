using System.Collections.Immutable;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>What the plain loop ends with, and a run must: weights, and the optimizer's state.</summary>
internal sealed record PlainEnd(ParameterLayout Layout, string WeightsSha256, string OptimizerSha256)
{
    public static async Task<PlainEnd> ComputeAsync(RunRequest request, ISlotComputerFactory factory, DevicePool devices, params ImmutableArray<Amendment> amendments)
    {
        await using var loop = await PlainLoop.CreateAsync(request, factory, devices, amendments);
        while (loop.Step.Value < request.Spec.Steps) await loop.StepAsync();
        return new PlainEnd(factory.Describe(request).Layout, loop.WeightsSha256, loop.OptimizerSha256);
    }

    /// <summary>Compares what a run says at its end and what its last checkpoint holds.</summary>
    public void AssertIsEndOf(RunRequest request, RunStatus status)
    {
        Assert.Equal((RunState.Completed, WeightsSha256), (status.State, status.WeightsSha256));
        using var checkpoint = new CheckpointStore(request.CheckpointFolder).OpenNewest();
        Assert.Equal((request.Spec.Steps, WeightsSha256, OptimizerSha256), (checkpoint!.Manifest.Step, checkpoint.HashWeights(Layout), checkpoint.HashOptimizer(Layout)));
    }
}
