using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using OrleansBlip.Chaos.Schedules;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Silo;
using OrleansBlip.Silo.Processes;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Chaos.Nodes;

/// <summary>A silo in a process of its own.</summary>
internal sealed class Node : IDisposable
{
    private const int LinesKept = 4000, LinesTold = 3, SegmentationFault = 128 + 11, None = -1;

    private const string FakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _group;

    private Node(string name, int? group) => (Name, _group) = (name, group ?? None);

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its process's group, by which its packets are known; null outside a namespace of our own, and once it was taken back.</summary>
    public int? Group => Volatile.Read(ref _group) is var group and not None ? group : null;

    /// <summary>Its process.</summary>
    public OwnedProcess Process { get; private set; } = null!;

    /// <summary>Its exit code; null while it lives.</summary>
    public int? ExitCode => Process.Ended.IsCompleted ? Process.Ended.Result : null;

    /// <summary>Whether it was made to end, or will end soon.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>Where it is reached: by silos, then by clients. Empty until it has started.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints { get; private set; } = [];

    /// <summary>Whether it was killed, so that its end tells nothing.</summary>
    public bool IsKilled { get; set; }

    /// <summary>Whether it lives and is to go on living.</summary>
    public bool IsAtWork => !IsLeaving && ExitCode is null;

    /// <summary>Whether it has ended by a segmentation fault.</summary>
    public bool HasCrashed => ExitCode == SegmentationFault;

    /// <summary>Whether it has found out that the others declared it dead, upon which a silo ends itself.</summary>
    public bool IsGivenUp => _lines.Any(line => line.Contains("I have been told I am dead", StringComparison.Ordinal));

    /// <summary>
    /// How it has ended where nothing was to end it so: it may be killed, by somebody or at a failpoint, may leave in good order once it is asked to, and may end itself because the others have
    /// given it up, or because the database failed while it started. Null for such an end, and while it lives.
    /// </summary>
    public string? UnexpectedEnd => ExitCode is not { } code || IsKilled || HasKilledItself || IsGivenUp || HasFoundNoDatabase || (code == 0 && IsLeaving)
        ? null
        : $"{Name} ended with exit code {code}{(code > 128 ? $", by signal {code - 128}" : "")}, and said last: {string.Join(" / ", _lines.Where(line => !line.StartsWith("   at ", StringComparison.Ordinal)).TakeLast(LinesTold))}";

    /// <summary>What it has said lately.</summary>
    public IEnumerable<string> Lines => _lines;

    /// <summary>Failpoints that it has come by.</summary>
    public IEnumerable<string> FailpointsPassed => _lines.Where(line => line.StartsWith("failpoint ", StringComparison.Ordinal)).Select(line => line.Split(' ', ':')[1]);

    /// <summary>Whether clocks can be wrong here.</summary>
    public static bool IsWithFakeTime => File.Exists(FakeTime);

    /// <summary>Starts one; it is not up yet.</summary>
    public static async Task<Node> StartAsync(string name, string cluster, string database, int? group, NodeFault fault, NodeSettings settings)
    {
        string[] built = settings.Program is null ? [Path.Combine(AppContext.BaseDirectory, "OrleansBlip.Silo.dll")] : [];
        string[] arguments = [.. built, "--name", name, "--cluster", cluster, "--devices", "1", "--device", "cpu", .. settings.Options];
        var environment = new Dictionary<string, string>(settings.Environment) { [PostgresStorage.Variable] = database };
        if (fault.Failpoints is { } points) (environment[Failpoints.Variable], environment[Failpoints.TestVariable]) = (points, "1");
        if (fault.ClockHours != 0 && IsWithFakeTime)
        {
            environment["LD_PRELOAD"] = FakeTime;
            environment["FAKETIME"] = string.Create(CultureInfo.InvariantCulture, $"{fault.ClockHours:+0;-0}h");
            environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
            // What it mends in an old C library makes waits of this one end at once: a node would spin on all cores.
            environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0";
        }
        var node = new Node(name, group);
        // Orleans tells at length of silos that are gone; a node whose pipe is full would stand still.
        node.Process = await OwnedProcess.StartAsync(
            settings.Program ?? "dotnet", arguments, line => node._firstLine.TrySetResult(line), environment, group is null ? null : [$"--regid={group}", "--clear-groups"], node.Note);
        return node;
    }

    /// <summary>Waits until it is up.</summary>
    /// <returns>False where it ended before.</returns>
    public async Task<bool> IsUpAsync()
    {
        await Task.WhenAny(_firstLine.Task, Process.Ended).WaitAsync(Patience);
        if (!_firstLine.Task.IsCompletedSuccessfully) return false;
        var announced = NodeAnnouncement.Parse(_firstLine.Task.Result);
        Endpoints = [announced.Silos, announced.Clients, announced.Blocks];
        return true;
    }

    /// <summary>Takes its group back, once.</summary>
    public int? TakeGroup() => Interlocked.Exchange(ref _group, None) is var group and not None ? group : null;

    /// <summary>Kills it.</summary>
    public void Kill()
    {
        // One that has ended before was not killed.
        IsKilled |= ExitCode is null;
        IsLeaving = true;
        Signals.Kill(Process);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        Process.Dispose();
    }

    private bool HasFoundNoDatabase => ExitCode == 1 && _lines.Any(line => line.StartsWith("error: The database failed while the node started", StringComparison.Ordinal));

    private bool HasKilledItself => _lines.Any(line => line.StartsWith("failpoint ", StringComparison.Ordinal) && line.EndsWith($": {new FailpointFault.Kill()}", StringComparison.Ordinal));

    private void Note(string line)
    {
        _lines.Enqueue(line);
        if (_lines.Count > LinesKept) _lines.TryDequeue(out _);
    }
}
