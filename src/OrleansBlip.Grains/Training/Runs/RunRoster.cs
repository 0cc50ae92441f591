using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>The nodes there are, and what became of each device that was asked to take part.</summary>
internal sealed class RunRoster
{
    /// <summary>A device that has not answered is asked again after this time: building a large model takes a while, and asking twice does no harm.</summary>
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(10);

    /// <summary>A device that could not be reached, or had forgotten the run, is asked again after this time.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>A device that could not read the data tries again after this time.</summary>
    public static readonly TimeSpan ReturnInterval = TimeSpan.FromSeconds(5);

    private readonly SortedDictionary<NodeName, RosterNode> _nodes = [];
    private readonly SortedDictionary<TrainerId, Device> _devices = [];

    /// <summary>Nodes in the order of their names.</summary>
    public IReadOnlyCollection<NodeName> Nodes => _nodes.Keys;

    /// <summary>Trainers that are ready, each with its life.</summary>
    public IEnumerable<(TrainerId Trainer, Incarnation Incarnation)> Ready =>
        _devices.Where(device => device.Value.Incarnation is not null).Select(device => (device.Key, device.Value.Incarnation!.Value));

    /// <summary>In which of its lives a node is; null for one that is not there.</summary>
    public int? GenerationOf(NodeName node) => _nodes.GetValueOrDefault(node)?.Generation;

    /// <summary>All devices.</summary>
    public IEnumerable<TrainerId> Devices => _devices.Keys;

    /// <summary>Why no device can take part; null while one does or may.</summary>
    public string? Hopeless => IsEmpty && _devices.Values.All(device => !device.WillReturn) ? _devices.Values.First().Problem : null;

    /// <summary>Why no device can take part now, though some may soon: the data cannot be read. Null while one does or may, and where none will.</summary>
    public string? Unreadable => IsEmpty ? _devices.Values.FirstOrDefault(device => device.WillReturn)?.Problem : null;

    private bool IsEmpty => _devices.Count > 0 && _devices.Values.All(device => device.Problem is not null);

    /// <summary>A node; null for one that is not there.</summary>
    public RosterNode? Find(NodeName node) => _nodes.GetValueOrDefault(node);

    /// <summary>Strikes nodes out, with their devices.</summary>
    public void Remove(IReadOnlyCollection<NodeName> nodes)
    {
        foreach (var device in _devices.Keys.Where(device => nodes.Contains(device.Node)).ToArray()) _devices.Remove(device);
        foreach (var node in nodes) _nodes.Remove(node);
    }

    /// <summary>Takes note of the nodes that there are now.</summary>
    /// <returns>Nodes that are gone or have started anew, and trainers that were ready there.</returns>
    public (IReadOnlyList<NodeName> Gone, IReadOnlyList<TrainerId> Lost) Update(IReadOnlyCollection<RosterNode> nodes)
    {
        NodeName[] gone = [.. _nodes.Values.Where(known => !nodes.Contains(known)).Select(known => known.Name)];
        TrainerId[] lost = [.. _devices.Where(device => gone.Contains(device.Key.Node) && device.Value.Incarnation is not null).Select(device => device.Key)];
        Remove(gone);
        foreach (var node in nodes.Where(node => _nodes.TryAdd(node.Name, node)))
            for (int device = 0; device < node.DeviceCount; device++) _devices.Add(new TrainerId(node.Name, device), new Device());
        return (gone, lost);
    }

    /// <summary>The devices to ask now.</summary>
    public IReadOnlyList<TrainerId> TakeUnasked(TimeSpan now)
    {
        foreach (var device in _devices.Values.Where(device => device.WillReturn)) device.WaitToReturn(now);
        TrainerId[] unasked = [.. _devices.Where(device => device.Value is { Incarnation: null, Problem: null } && device.Value.AskAfter <= now).Select(device => device.Key)];
        foreach (var id in unasked) _devices[id].AskAfter = now + AskInterval;
        return unasked;
    }

    /// <summary>A new view: all devices are to be asked again, those that could not take part too.</summary>
    public void ForgetAnswers()
    {
        foreach (var id in _devices.Keys.ToArray()) _devices[id] = new Device();
    }

    /// <summary>A device has answered.</summary>
    public void Note(TrainerOpened answer)
    {
        if (!_devices.TryGetValue(answer.Trainer, out var device)) return;
        (device.Incarnation, device.Problem, device.WillReturn) = (answer.Problem is null ? answer.Incarnation : null, answer.Problem, false);
    }

    /// <summary>A device did not answer a call: it is asked again after a while.</summary>
    public void NoteUnreachable(TimeSpan now, TrainerId trainer)
    {
        if (_devices.TryGetValue(trainer, out var device)) (device.Incarnation, device.AskAfter) = (null, now + RetryInterval);
    }

    /// <summary>A device takes no more part.</summary>
    /// <param name="trainer">The device.</param>
    /// <param name="problem">Why.</param>
    /// <param name="willReturn">Whether it is asked again after a while.</param>
    public void Expel(TrainerId trainer, string problem, bool willReturn)
    {
        if (_devices.ContainsKey(trainer)) _devices[trainer] = new Device { Problem = problem, WillReturn = willReturn };
    }

    private sealed class Device
    {
        public TimeSpan AskAfter { get; set; } = TimeSpan.MinValue;

        public Incarnation? Incarnation { get; set; }

        public string? Problem { get; set; }

        public bool WillReturn { get; set; }

        private TimeSpan? ReturnAt { get; set; }

        /// <summary>Begins to wait, or has waited long enough.</summary>
        public void WaitToReturn(TimeSpan now)
        {
            ReturnAt ??= now + ReturnInterval;
            if (now >= ReturnAt) (Problem, WillReturn, ReturnAt) = (null, false, null);
        }
    }
}
