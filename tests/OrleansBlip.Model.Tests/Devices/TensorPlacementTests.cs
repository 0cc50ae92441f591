using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Devices;

/// <summary>Tensors taken to another device. libtorch's meta device, which has shapes without values, stands in for a GPU; whole models it cannot compute.</summary>
public sealed class TensorPlacementTests : IDisposable
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void On_ItsOwnDevice_IsTheTensorItself()
    {
        var tensor = torch.zeros(2);
        Assert.Same(tensor, tensor.On(torch.CPU));
        Assert.Equal(DeviceType.META, tensor.On(torch.META).device_type);
    }

    [Fact]
    public void ToManaged_OfAView_IsInRowMajorOrder() =>
        Assert.Equal([1L, 3, 2, 4], torch.tensor(new long[] { 1, 2, 3, 4 }).view(2, 2).t().ToManaged<long>());

    [Fact]
    public void Batch_OnAnotherDevice_IsThereWithAllThatItHolds()
    {
        var (floats, ids) = (torch.zeros(2, 3), torch.zeros(2, 3, torch.ScalarType.Int64));
        var batch = new StepBatch(floats, ids, ids, ids, new SpecialTokens(0, 1, 2, 3, 4))
        {
            Answers = new AnswerBatch(ids, ids, floats, ids),
            Context = new ContextBatch(ids, ids),
            Labels = ids,
        };
        var moved = batch.On(torch.META);
        // Whatever a batch may come to hold one day too.
        Assert.All(TensorsOf(batch), tensor => Assert.Equal(DeviceType.CPU, tensor.device_type));
        Assert.All(TensorsOf(moved), tensor => Assert.Equal(DeviceType.META, tensor.device_type));
        Assert.Equal(11, TensorsOf(moved).Count());
        Assert.Equal(batch.Special, moved.Special);
        Assert.Equal([null, null, null], new object?[] { (batch with { Answers = null }).On(torch.META).Answers, (batch with { Context = null }).On(torch.META).Context, (batch with { Labels = null }).On(torch.META).Labels });
    }

    private static IEnumerable<torch.Tensor> TensorsOf(object holder) => holder.GetType().GetProperties().Select(property => property.GetValue(holder)).SelectMany(value => value switch
    {
        torch.Tensor tensor => [tensor],
        AnswerBatch or ContextBatch => TensorsOf(value),
        _ => Enumerable.Empty<torch.Tensor>(),
    });
}
