using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>The initial weights of runs, drawn once for all shards of a node that open at about the same time, and kept for no longer than one of them needs them.</summary>
internal sealed class InitialDraws(ISlotComputerFactory factory, DevicePool devices)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, WeakReference<Task<InitialParameters>>> _draws = [];

    /// <summary>The initial weights of a run.</summary>
    public Task<InitialParameters> DrawAsync(RunRequest request)
    {
        lock (_lock)
        {
            if (_draws.TryGetValue(request.Spec.Identity, out var known) && known.TryGetTarget(out var draw) && !draw.IsFaulted) return draw;
            foreach (string gone in _draws.Where(entry => !entry.Value.TryGetTarget(out _)).Select(entry => entry.Key).ToArray()) _draws.Remove(gone);
            draw = devices.RunAnywhereAsync(() => factory.CreateInitial(request));
            _draws[request.Spec.Identity] = new(draw);
            return draw;
        }
    }
}
