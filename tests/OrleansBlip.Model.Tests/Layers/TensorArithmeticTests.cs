using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Layers;

public sealed class TensorArithmeticTests
{
    [Fact]
    public void Arithmetic_WhileTheCollectorRuns_GivesTheSameBits() => WhileTheCollectorRuns((a, b) =>
    {
        var sum = a.Plus(b).Times(0.5).Plus(1.25).PlusInPlace(b, -0.25).TimesInPlace(3).sum().item<float>();
        Assert.Equal(64 * 6f, sum);
    });

    [Fact]
    public void Number_WhileTheCollectorRuns_IsTheTensors() => WhileTheCollectorRuns((a, b) => Assert.Equal(64, a.mul(b).sum().Number()));

    private static void WhileTheCollectorRuns(Action<torch.Tensor, torch.Tensor> compute)
    {
        using var scope = torch.NewDisposeScope();
        using var ended = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!ended.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            var (a, b) = (torch.ones(64), torch.ones(64));
            for (var i = 0; i < 20_000; i++)
            {
                using var inner = torch.NewDisposeScope();
                compute(a, b);
            }
        }
        finally
        {
            ended.Cancel();
            collector.Join();
        }
    }
}
