using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Layers;

public sealed class TensorArithmeticTests
{
    [Fact]
    public void Arithmetic_WhileTheCollectorRuns_GivesTheSameBits()
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
                var sum = a.Plus(b).Times(0.5).Plus(1.25).PlusInPlace(b, -0.25).TimesInPlace(3).sum().item<float>();
                Assert.Equal(64 * 6f, sum);
            }
        }
        finally
        {
            ended.Cancel();
            collector.Join();
        }
    }
}
