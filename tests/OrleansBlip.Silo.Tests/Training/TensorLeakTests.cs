using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;
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
}
