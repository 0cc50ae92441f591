using OrleansBlip.Model.Devices;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Devices;

/// <summary>What these change holds for the whole process, so that they run while no other test does, and undo it.</summary>
[CollectionDefinition(nameof(TorchContextTests), DisableParallelization = true)]
[Collection(nameof(TorchContextTests))]
public sealed class TorchContextTests
{
    [Fact]
    public void FixAttention_LeavesProductsAndASoftmax()
    {
        Assert.Equal("flash, math", Arithmetic.AttentionOf(DeviceType.CPU));
        Assert.Contains("memory-efficient", Arithmetic.AttentionOf(DeviceType.CUDA), StringComparison.Ordinal);
        try
        {
            TorchContext.FixAttention(true);
            Assert.Equal("math", Arithmetic.AttentionOf(DeviceType.CPU));
            Assert.Equal("math", Arithmetic.AttentionOf(DeviceType.CUDA));
            Assert.False(torch.backends.cuda.flash_sdp_enabled()); // The binding speaks to the same library.
        }
        finally
        {
            TorchContext.FixAttention(false);
        }
        Assert.Equal("flash, math", Arithmetic.AttentionOf(DeviceType.CPU));
    }

    [Fact]
    public void Build_IsTheVersionOfTheProgram() => Assert.Matches(@"^\d+\.\d+\.\d+", Arithmetic.Build);
}
