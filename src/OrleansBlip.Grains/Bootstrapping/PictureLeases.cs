using OrleansBlip.Grains.Inference;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>Which pictures of a phase are done, which are on lease, and to whom the rest goes.</summary>
internal sealed class PictureLeases
{
    /// <summary>Pictures of a lease: whole batches, seconds of work for the small models that need few.</summary>
    public const int PicturesMax = 2 * PictureBatch.PicturesMax;

    /// <summary>A device that fails so often in a row takes no more part in the phase; pictures that fail so often, on more than one device, end it.</summary>
    private const int FailuresMax = 4;

    private readonly SortedDictionary<int, PictureRange> _open = [];
    private readonly SortedDictionary<InferenceDevice, Device> _devices = [];
    private readonly Dictionary<PictureRange, List<InferenceDevice>> _failures = [];
    private readonly HashSet<PictureRange> _done;

    public PictureLeases(int pictureCount, IReadOnlySet<PictureRange> done)
    {
        PictureCount = pictureCount;
        _done = [.. Split(pictureCount).Where(done.Contains)];
        DoneCount = _done.Sum(range => range.Count);
        foreach (var range in Split(pictureCount).Where(range => !_done.Contains(range))) _open.Add(range.First, range);
    }

    /// <summary>All pictures.</summary>
    public int PictureCount { get; }

    /// <summary>Those done.</summary>
    public int DoneCount { get; private set; }

    /// <summary>Whether all are done.</summary>
    public bool IsComplete => DoneCount == PictureCount;

    /// <summary>Whether a device is at work.</summary>
    public bool IsAnyHeld => _devices.Values.Any(device => device.Holds is not null);

    /// <summary>Devices that were given work.</summary>
    public IEnumerable<InferenceDevice> Devices => _devices.Keys;

    /// <summary>The leases that pictures of a data set are cut into: always the same ones.</summary>
    public static IEnumerable<PictureRange> Split(int pictureCount)
    {
        for (var first = 0; first < pictureCount; first += PicturesMax)
            yield return new PictureRange(first, Math.Min(PicturesMax, pictureCount - first));
    }

    /// <summary>Takes note of the devices that there are. What a lost one held goes to others; one that failed lately may try again.</summary>
    public void Update(IReadOnlyCollection<InferenceDevice> devices)
    {
        foreach (var (lost, device) in _devices.Where(known => !devices.Contains(known.Key)).ToArray())
        {
            if (device.Holds is { } range) Reopen(range);
            _devices.Remove(lost);
        }
        foreach (var id in devices) _devices.TryAdd(id, new Device());
        foreach (var device in _devices.Values) device.IsResting = false;
    }

    /// <summary>Gives open pictures to idle devices, the first ones first.</summary>
    public IReadOnlyList<(InferenceDevice Device, PictureRange Pictures)> Assign()
    {
        var leases = new List<(InferenceDevice, PictureRange)>();
        foreach (var (id, device) in _devices)
        {
            if (_open.Count == 0) break;
            if (device.Holds is not null || device.IsResting || device.FailuresInRow >= FailuresMax) continue;
            var range = _open.First().Value;
            _open.Remove(range.First);
            device.Holds = range;
            leases.Add((id, range));
        }
        return leases;
    }

    /// <summary>A lease's result is durable. It counts once, whoever brought it.</summary>
    public void Done(InferenceDevice id, PictureRange range)
    {
        if (Holder(id, range) is { } device) (device.Holds, device.FailuresInRow) = (null, 0);
        _open.Remove(range.First);
        if (_done.Add(range)) DoneCount += range.Count;
    }

    /// <summary>A lease has failed: the pictures are open again.</summary>
    /// <returns>Why the phase cannot go on; null when it can.</returns>
    public string? Failed(InferenceDevice id, PictureRange range, string problem)
    {
        if (Holder(id, range) is not { } device) return null;
        (device.Holds, device.IsResting) = (null, true);
        device.FailuresInRow++;
        Reopen(range);
        if (!_failures.TryGetValue(range, out var failures)) _failures.Add(range, failures = []);
        failures.Add(id);
        if (failures.Count >= FailuresMax && failures.Distinct().Count() > 1) return $"{range} failed {failures.Count} times, last on {id}: {problem}";
        return _devices.Values.All(other => other.FailuresInRow >= FailuresMax) ? $"No device can do the work; {id}: {problem}" : null;
    }

    private void Reopen(PictureRange range)
    {
        if (!_done.Contains(range)) _open.Add(range.First, range);
    }

    private Device? Holder(InferenceDevice id, PictureRange range) => _devices.GetValueOrDefault(id) is { } device && device.Holds == range ? device : null;

    private sealed class Device
    {
        public PictureRange? Holds { get; set; }

        public bool IsResting { get; set; }

        public int FailuresInRow { get; set; }
    }
}
