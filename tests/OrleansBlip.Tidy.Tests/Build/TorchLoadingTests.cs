using static TorchSharp.torch;

namespace OrleansBlip.Tidy.Tests.Build;

public sealed class TorchLoadingTests
{
    [Fact]
    public void LinearLayer_TrainedOnALine_FindsItsSlope()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(1, 1);
        using var optimizer = optim.SGD(layer.parameters(), learningRate: 0.5);
        var points = Enumerable.Range(0, 16).Select(i => -1 + 2 * i / 15f).ToArray();
        var (x, y) = (tensor(points).unsqueeze(1), tensor(Array.ConvertAll(points, point => 3 * point + 1)).unsqueeze(1)); // (16, 1)
        for (var step = 0; step < 200; step++)
        {
            optimizer.zero_grad();
            nn.functional.mse_loss(layer.forward(x), y).backward();
            optimizer.step();
        }
        Assert.Equal(3, layer.weight.item<float>(), 1e-3);
        Assert.Equal(1, layer.bias!.item<float>(), 1e-3);
    }
}
