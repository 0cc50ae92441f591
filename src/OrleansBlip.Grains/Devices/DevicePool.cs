using TorchSharp;

namespace OrleansBlip.Grains.Devices;

/// <summary>The node's devices, each with its one thread. Runs share them; a device does one thing at a time.</summary>
public sealed class DevicePool : IAsyncDisposable
{
    private readonly DeviceWorker[] _workers;

    /// <summary>Opens the devices that <paramref name="options"/> tell of.</summary>
    /// <param name="options">How many there are.</param>
    /// <param name="claim">Runs first on each device's thread: claims its cores.</param>
    public DevicePool(DeviceOptions options, Action<int>? claim = null) =>
        _workers = [.. Enumerable.Range(0, options.DeviceCount).Select(device => new DeviceWorker(
            $"device {device}", claim is null ? null : () => claim(device), options.Kind == DeviceKind.Cuda ? new torch.Device(DeviceType.CUDA, device) : torch.CPU))];

    /// <summary>Devices of the node.</summary>
    public int Count => _workers.Length;

    /// <summary>The worker of a device, 0 to <see cref="Count"/> − 1.</summary>
    public DeviceWorker this[int device] => _workers[device];

    /// <summary>Runs <paramref name="work"/> on a thread that may call libtorch: a device's, or one made for it on a node without devices.</summary>
    public async Task<T> RunAnywhereAsync<T>(Func<T> work)
    {
        if (Count > 0) return await _workers[0].RunAsync(work);
        await using var worker = new DeviceWorker("no device");
        return await worker.RunAsync(work);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers) await worker.DisposeAsync();
    }
}
