using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Tests.Training;

public sealed class TrainingEstimateTests
{
    private static readonly RunModel Model = new()
    {
        Layout = new ParameterLayout(
        [
            new ParameterEntry { Name = "a", Shape = [900], Offset = 0, Length = 900, MomentumOffset = 0, MomentumName = "a_m" },
            new ParameterEntry { Name = "b", Shape = [100], Offset = 900, Length = 100 },
        ]),
        Optimizer = new OptimizerSettings { LearningRate = ScheduleSpec.Constant(1e-3) },
    };

    [Fact]
    public void Of_OneNode_SendsNothing()
    {
        var estimate = TrainingEstimate.Of(Model, Spec(slots: 4), nodes: 1, devicesPerNode: 2);
        Assert.Equal((1000, 900, 0), (estimate.Parameters, estimate.MomentumCopies, estimate.SentBytesMax));
        Assert.Equal((5 * 1000 + 2 * 900) * 4, estimate.ShardBytes);
        Assert.Equal((3 * 1000 + 900) * 4, estimate.CheckpointBytes);
        Assert.Equal(2, estimate.SlotsOfDeviceMax);
    }

    [Theory]
    [InlineData(4, 2, 1, 1)] // aligned halves
    [InlineData(4, 4, 1, 1)]
    [InlineData(8, 2, 2, 2)] // two devices of a node push two sums
    [InlineData(6, 4, 1, 1)] // two slots each, and a node without
    [InlineData(6, 2, 1, 2)] // three slots are two subtrees
    public void Of_SeveralNodes_SendsWhatTheProtocolsFormulaSays(int slots, int nodes, int devices, int sums)
    {
        var estimate = TrainingEstimate.Of(Model, Spec(slots), nodes, devices);
        Assert.Equal(sums, estimate.SumsOfNode);
        double share = (nodes - 1.0) / nodes;
        Assert.Equal(share * (1000 * 4 * estimate.SumsOfNode + 1900 * 4), estimate.SentBytesMax, tolerance: 1);
        var rounded = TrainingEstimate.Of(Model, Spec(slots) with { GradientPrecision = GradientPrecision.BFloat16 }, nodes, devices);
        Assert.Equal(share * 1000 * 2 * estimate.SumsOfNode, estimate.SentBytesMax - rounded.SentBytesMax, tolerance: 1);
    }

    [Theory]
    [InlineData(GradientPrecision.Float32, 4)]
    [InlineData(GradientPrecision.BFloat16, 2)]
    public void Of_ShardsWithBackups_AreTwiceTheMemoryAndSendTheirSums(GradientPrecision precision, int bytes)
    {
        var spec = Spec(slots: 4) with { GradientPrecision = precision };
        var (with, without) = (TrainingEstimate.Of(Model, spec, nodes: 4, devicesPerNode: 1, backups: 1), TrainingEstimate.Of(Model, spec, nodes: 4, devicesPerNode: 1));
        Assert.Equal(2 * without.ShardBytes, with.ShardBytes);
        Assert.Equal(1000 / 4 * bytes, with.SentBytesMax - without.SentBytesMax);
        Assert.Equal(TrainingEstimate.Of(Model, spec, nodes: 1, devicesPerNode: 1), TrainingEstimate.Of(Model, spec, nodes: 1, devicesPerNode: 1, backups: 1));
    }

    [Fact]
    public void Of_AModelWithAQueue_SendsItToEachOtherNode()
    {
        var with = TrainingEstimate.Of(Model with { QueueCapacity = 10, QueueWidth = 3 }, Spec(slots: 4), nodes: 3, devicesPerNode: 1);
        var without = TrainingEstimate.Of(Model, Spec(slots: 4), nodes: 3, devicesPerNode: 1);
        Assert.Equal(2 * 10 * (2 * 3 * 4 + 8), with.SentBytesMax - without.SentBytesMax);
    }

    private static RunSpec Spec(int slots) => PlainRun.Spec with { SlotCount = slots, SlotSize = 2 };
}
