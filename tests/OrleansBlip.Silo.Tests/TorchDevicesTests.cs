using OrleansBlip.Grains.Devices;
using TorchSharp;

namespace OrleansBlip.Silo.Tests;

public sealed class TorchDevicesTests
{
    [Theory]
    [InlineData(1, 1, null, 1)]
    [InlineData(1, 1_000_000, null, 1)]
    [InlineData(1, 1, 0, 0)]
    [InlineData(1, 1, 7, 7)]
    public void Of_TheCpu_IsItsCoresOrWhatIsAskedFor(int nodes, int threads, int? count, int least)
    {
        var options = TorchDevices.Of(DeviceChoice.Cpu, threads, nodes, count);
        Assert.Equal(DeviceKind.Cpu, options.Kind);
        Assert.Equal(count ?? Math.Max(least, Environment.ProcessorCount / (nodes * threads)), options.DeviceCount);
    }

    [SkippableByGpuFact]
    public void Of_GpusWhereThereAreNone_IsRefusedOrTheCpu()
    {
        Assert.Equal(DeviceKind.Cpu, TorchDevices.Of(DeviceChoice.Auto, threads: 1).Kind);
        Assert.Equal(DeviceType.CPU, TorchDevices.First(DeviceChoice.Auto).type);
        Assert.Contains("-p:TorchBackend=cuda", Assert.Throws<DeviceException>(() => TorchDevices.Of(DeviceChoice.Cuda, threads: 1)).Message, StringComparison.Ordinal);
        Assert.Throws<DeviceException>(() => TorchDevices.First(DeviceChoice.Cuda));
    }

    [Fact]
    public async Task Pool_OfGpus_PlacesEachDeviceOnItsOwn()
    {
        await using var pool = new DevicePool(new DeviceOptions { Kind = DeviceKind.Cuda, DeviceCount = 2 });
        Assert.Equal([(DeviceType.CUDA, 0), (DeviceType.CUDA, 1)], Enumerable.Range(0, pool.Count).Select(device => (pool[device].Place.type, pool[device].Place.index)));
    }

    private sealed class SkippableByGpuFactAttribute : FactAttribute
    {
        public SkippableByGpuFactAttribute() => Skip = torch.cuda.is_available() ? "this machine has a GPU" : null;
    }
}
