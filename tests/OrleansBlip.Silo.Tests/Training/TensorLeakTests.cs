using OrleansBlip.Client;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;
using TorchSharp;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>Counts the tensors of the whole process, so nothing else may run beside it.</summary>
[CollectionDefinition(nameof(TensorLeakTests), DisableParallelization = true)]
[Collection(nameof(TensorLeakTests))]
public sealed class TensorLeakTests(RealModelFixture fixture) : IClassFixture<RealModelFixture>
{
    [Fact]
    public async Task PlainLoop_Over200Steps_KeepsNoTensor()
    {
        await using var devices = RealModelFixture.Devices(1);
        await using var loop = await PlainLoop.CreateAsync(fixture.Request("leak", steps: 250), new BlipSlotComputerFactory(), devices);
        // The queue is full after two steps.
        for (var step = 0; step < 5; step++) await loop.StepAsync();
        var living = torch.Tensor.TotalCount;
        for (var step = 0; step < 200; step++) await loop.StepAsync();
        Assert.Equal(living, torch.Tensor.TotalCount);
    }

    [Fact]
    public async Task Grains_Over200Steps_KeepNoTensor() => Assert.Equal(await CountAfterAsync(steps: 10), await CountAfterAsync(steps: 220));

    private async Task<long> CountAfterAsync(int steps)
    {
        RunStatus? status = null;
        await using (var cluster = await RealModelFixture.StartClusterAsync(nodes: 1, devices: 2))
        await using (var client = new BlipClient(cluster.Client))
            await foreach (var progress in client.TrainAsync(new RunId("leak"), fixture.Request($"leak-{steps}", steps: steps))) status = progress.Status;
        Assert.Equal(RunState.Completed, status!.State);
        return torch.Tensor.TotalCount;
    }
}
