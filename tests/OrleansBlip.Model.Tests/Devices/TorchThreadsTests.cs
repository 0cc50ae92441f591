using OrleansBlip.Model.Devices;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Devices;

public sealed class TorchThreadsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Claim_OnAThread_HoldsForThatThreadAlone(int cores)
    {
        // A thread of its own: the claim must not outlive the test on one that other tests use.
        var (own, other) = (0, 0);
        var thread = new Thread(() =>
        {
            TorchThreads.Claim(cores);
            var second = new Thread(() =>
            {
                TorchThreads.Claim(cores + 1);
                other = torch.get_num_threads();
            });
            second.Start();
            second.Join();
            own = torch.get_num_threads();
        });
        thread.Start();
        thread.Join();

        Assert.Equal(cores, own);
        Assert.Equal(cores + 1, other);
    }

    [Fact]
    public void Claim_NoCores_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => TorchThreads.Claim(0));

    [Fact]
    public void LimitSpinning_AfterLibtorchIsLoaded_SaysWhereItBelongs()
    {
        using var loaded = torch.zeros(1);
        Assert.Contains("Program.cs", Assert.Throws<InvalidOperationException>(TorchThreads.LimitSpinning).Message, StringComparison.Ordinal);
    }
}
