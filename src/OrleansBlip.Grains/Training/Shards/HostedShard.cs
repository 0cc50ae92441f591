using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Training.Shards;

/// <summary>
/// A shard as it lives on its node, behind the grain: ledger and numbers on one thread of their own. Even two activations of the grain at once could not
/// do harm, for they would share it.
/// </summary>
internal sealed partial class HostedShard : IBlockShard, IAsyncDisposable
{
    /// <summary>Shards that this process holds, for whichever run: its cores are shared out among them.</summary>
    private static int s_held;

    private readonly ShardIndex _shard;
    private readonly ShardServices _services;
    private readonly ICoordinator _coordinator;
    private readonly Func<NodeName, IParameterShard> _at;
    private readonly Func<NodeName, int, IShardLink> _linkTo;
    private readonly DeviceWorker _worker;
    private readonly VersionGate _gate;
    private ShardAssignment? _assignment;
    private ReductionTree? _tree;
    private ShardLedger? _ledger;
    private ShardMemory? _memory;
    private ulong? _digest;
    private Task? _copying;
    private long? _voted;
    private long _asked = -1;
    private volatile BlockBounds? _bounds;
    private bool _isHeld;
    private long _view = -1;
    private long _step = -1;

    public HostedShard(string name, ShardIndex shard, ICoordinator coordinator, Func<NodeName, IParameterShard> at, Func<NodeName, int, IShardLink> linkTo, ShardServices services)
    {
        _shard = shard;
        _coordinator = coordinator;
        _at = at;
        _linkTo = linkTo;
        _services = services;
        _worker = new DeviceWorker($"shard {name}");
        _gate = new VersionGate(services.Time);
    }

    /// <summary>Opens the shard under the assignment's view and reports to the coordinator. Its failure is a report too.</summary>
    public async Task OpenAsync(ShardAssignment assignment)
    {
        // From here on only a view that is not below may close the shard, however long its content takes to come.
        Volatile.Write(ref _asked, Math.Max(Volatile.Read(ref _asked), assignment.View.Value));
        ShardOpened? report;
        try
        {
            report = await OpenWithContentAsync(assignment);
        }
        catch (Exception exception)
        {
            LogOpenFailed(_services.Logger, exception, _shard);
            report = new ShardOpened { View = assignment.View, Shard = _shard, Problem = exception.Message, IsBackup = assignment.Owner is not null };
        }
        Failpoints.Pass(Failpoint.ShardOpened);
        if (assignment.Origin == ShardOrigin.Initial && _memory is { } memory) await LargeGarbage.CollectAsync(memory.Length);
        if (report is not null) await _services.Delivery.UntilHeardAsync($"Opening of shard {_shard}", () => _coordinator.ShardOpened(report), () => MayCloseAt(assignment.View));
    }

    /// <inheritdoc/>
    public BlockBounds? Bounds => _bounds;

    /// <summary>A block comes in. When the task ends, the shard reads the block's memory no more, unless it has kept what it was given.</summary>
    public Task<PushAnswer> PushAsync(GradientBlock block, BlockArrival? arrival = null) => _worker.RunAsync(() => Push(block, arrival));

    /// <summary>A verdict comes in.</summary>
    public Task<VerdictAnswer> DecideAsync(Verdict verdict) => _worker.RunAsync(() => Decide(verdict));

    /// <inheritdoc/>
    public async Task<PullAnswer> PullAsync(PullRequest request, TimeSpan patience)
    {
        var answer = await _gate.WaitAsync(request, patience);
        Failpoints.Pass(Failpoint.PullAnswered);
        return answer;
    }

    /// <summary>Whether the shard is held in this view.</summary>
    public bool IsAt(ViewNumber view) => Volatile.Read(ref _view) == view.Value;

    /// <summary>Whether the shard serves <paramref name="view"/> or a lower one, and may be closed by it.</summary>
    public bool MayCloseAt(ViewNumber view) => Math.Max(Volatile.Read(ref _asked), Volatile.Read(ref _view)) <= view.Value;

    /// <summary>Frees everything. Whoever waits for a version is told that the view is over.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _view, long.MaxValue);
        _gate.Open(new ViewNumber(long.MaxValue), null);
        await _worker.DisposeAsync();
        if (_isHeld) Interlocked.Decrement(ref s_held);
    }

    // The initial weights of the whole model are gone when this ends.
    private async Task<ShardOpened?> OpenWithContentAsync(ShardAssignment assignment)
    {
        var model = _services.Factory.Describe(assignment.Request);
        var initial = assignment.Origin == ShardOrigin.Initial ? await _services.Initial.DrawAsync(assignment.Request) : null;
        var copy = assignment is { Origin: ShardOrigin.Owner, Owner: { } owner }
            ? await ShardCopy.FetchAsync(_at(owner), assignment.View, _services, () => MayCloseAt(assignment.View))
            : null;
        return await _worker.RunAsync(() => Open(assignment, model, initial, copy));
    }

    private ShardOpened? Open(ShardAssignment assignment, RunModel model, InitialParameters? initial, ShardCopy? copy)
    {
        // The same call may come twice; a shard that has moved on since must not be thrown back.
        bool isRepeated = _ledger is not null && _ledger.View == assignment.View;
        if (assignment.View.Value < Volatile.Read(ref _view)) return null;
        Volatile.Write(ref _view, assignment.View.Value);
        _assignment = assignment;
        _backup = assignment.Backup;
        if (assignment.Origin == ShardOrigin.Owner && copy is null && !isRepeated) return null;
        if (copy is not null && !isRepeated) Fill(assignment, model, copy);
        else if (assignment.Origin != ShardOrigin.Memory && !isRepeated) Fill(assignment, model, initial);
        if (_ledger is null) return new ShardOpened { View = assignment.View, Shard = _shard, IsBackup = assignment.Owner is not null };
        bool isPromoted = _ledger.Role == ShardRole.Backup && RoleOf(assignment) != ShardRole.Backup;
        var actions = _ledger.Reopen(assignment.View, RoleOf(assignment), assignment.DropSums && !isRepeated, isRepeated ? null : assignment.SaveVersion)!;
        Publish();
        Do(actions, sum: default);
        if (isPromoted) Failpoints.Pass(Failpoint.BackupPromoted);
        return new ShardOpened { View = assignment.View, Shard = _shard, Version = _ledger.Step, IsBackup = assignment.Owner is not null, Digest = DigestOrNone() };
    }

    private void Fill(ShardAssignment assignment, RunModel model, InitialParameters? initial)
    {
        _ledger = null;
        _memory = null;
        _bounds = null;
        ShardContent content;
        var version = new StepNumber(0);
        if (initial is not null)
        {
            content = ShardContent.OfInitial(model, assignment.Request.Spec, initial, _shard, assignment.ShardCount);
        }
        else
        {
            using var checkpoint = new CheckpointStore(assignment.CheckpointFolder ?? assignment.Request.CheckpointFolder).Open(assignment.Checkpoint!);
            version = new StepNumber(checkpoint.Manifest.Step);
            content = ShardContent.OfCheckpoint(model, checkpoint, _shard, assignment.ShardCount);
        }
        Hold(assignment, model, content, version);
    }

    private void Hold(ShardAssignment assignment, RunModel model, ShardContent content, StepNumber version)
    {
        var spec = assignment.Request.Spec;
        if (!_isHeld) Interlocked.Increment(ref s_held);
        _isHeld = true;
        _tree = new ReductionTree(spec.SlotCount);
        _memory = new ShardMemory(spec, model.Optimizer, content, version, degree: Cores);
        _ledger = new ShardLedger(_tree, assignment.View, version, RoleOf(assignment));
        _digest = null;
        _bounds = BlockBounds.Of(spec, model, _shard, _memory.Length, _memory.Buffers);
    }

    /// <summary>What a pass over the shard may use.</summary>
    private static int Cores() => Math.Max(1, Environment.ProcessorCount / Math.Max(1, Volatile.Read(ref s_held)));

    private PushAnswer Push(GradientBlock block, BlockArrival? arrival)
    {
        // Where this throws nobody knows what became of the memory, and the collector takes it.
        var (answer, isKept) = TryPush(block, arrival);
        if (!isKept) arrival?.Memory.Release();
        return answer;
    }

    private (PushAnswer Answer, bool IsKept) TryPush(GradientBlock block, BlockArrival? arrival)
    {
        if (_ledger is null || _memory is null) return (new PushAnswer(PushOutcome.Fenced, new ViewNumber(Volatile.Read(ref _view)), new StepNumber(0)), false);
        bool isExpected = block.View == _ledger.View && block.Step == _ledger.Step;
        var (answer, actions) = _ledger.Push(block.View, block.Step, block.Node, block.Trainer, block.Incarnation, isExpected ? DefectOf(block, arrival) : null);
        _services.Instruments.CountPush(answer.Outcome);
        if (actions.Count > 0) _memory.Note(block.Reports, block.Features);
        bool isKept = Do(actions, block.Sum.Values, arrival?.Memory);
        Failpoints.Pass(Failpoint.BlockStored);
        return (answer, isKept);
    }

    private VerdictAnswer Decide(Verdict verdict)
    {
        if (_ledger is null) return new VerdictAnswer(VerdictOutcome.NotHeld, 0);
        Failpoints.Pass(Failpoint.ApplyBefore);
        var (outcome, actions) = _ledger.Decide(verdict);
        Volatile.Write(ref _view, _ledger.View.Value);
        if (_voted is { } voted && actions is [ShardAction.Apply or ShardAction.CarryOver, ..])
        {
            // With several shards it has the wait for the last one's vote. A backup does not vote.
            _services.Instruments.Measure("decide", _services.Time.GetElapsedTime(voted));
            _voted = null;
        }
        Do(actions, sum: default);
        if (verdict.Kind == VerdictKind.Retry && actions.Count > 0) Publish();
        Failpoints.Pass(Failpoint.ApplyAfter);
        return new VerdictAnswer(outcome, outcome == VerdictOutcome.Done ? DigestOrNone() : 0);
    }

    private PushOutcome? DefectOf(GradientBlock block, BlockArrival? arrival)
    {
        if (block.Sum.Length != _memory!.Length) return PushOutcome.BadShape;
        return ChecksumOf(block.Sum, arrival) == block.Checksum ? null : PushOutcome.BadChecksum;
    }

    private static ulong ChecksumOf(FloatBlock sum, BlockArrival? arrival) => arrival?.Checksum ?? BlockChecksum.Of(sum.Span);

    /// <summary>Does what the ledger says.</summary>
    /// <returns>Whether <paramref name="given"/>, the memory of <paramref name="sum"/> where it was given up, was kept as a sum.</returns>
    private bool Do(IReadOnlyList<ShardAction> actions, ReadOnlyMemory<float> sum, SumMemory? given = null)
    {
        bool isKept = false;
        foreach (var action in actions)
        {
            switch (action)
            {
                case ShardAction.Mirror:
                    _ = GiveSumAsync(_backup!.Value, _memory!.WholeSum(_ledger!.View, _ledger.Step));
                    break;
                case ShardAction.Vote:
                    Vote();
                    break;
                case ShardAction.Apply apply:
                    AwaitCopy();
                    Measured("apply", () => _memory!.Apply(_memory.Published.Version, apply.SquaredNorm));
                    _digest = null;
                    Publish();
                    break;
                case ShardAction.CarryOver:
                    AwaitCopy();
                    _memory!.CarryOver(_memory.Published.Version);
                    Publish();
                    break;
                case ShardAction.Clear:
                    _memory!.Clear();
                    break;
                case ShardAction.Save:
                    Save();
                    break;
                default:
                    Measured("reduce", () => isKept |= _memory!.Sum(action, sum, given));
                    break;
            }
        }
        return isKept;
    }

    private void Publish()
    {
        Volatile.Write(ref _step, _ledger!.Step.Value);
        _gate.Open(_ledger.View, _memory!.Published);
    }

    private void Vote()
    {
        long start = _services.Time.GetTimestamp();
        var seal = _memory!.Vote(_ledger!.View, _ledger.Step, _shard);
        long voted = _services.Time.GetTimestamp();
        _voted = voted;
        _services.Instruments.Measure("vote", _services.Time.GetElapsedTime(start, voted));
        Failpoints.Pass(Failpoint.SealBefore);
        _ = SendAsync();

        async Task SendAsync()
        {
            await _services.Delivery.UntilHeardAsync($"Vote of shard {_shard}", () => _coordinator.Sealed(seal), () => IsAt(seal.View) && Volatile.Read(ref _step) == seal.Step.Value);
            Failpoints.Pass(Failpoint.SealAfter);
        }
    }

    // The next version is made where the last one lay, and moments in place: not before the checkpoint has its copy. One that failed is told by its saving.
    private void AwaitCopy()
    {
        if (_copying is null) return;
        Measured("checkpoint", () => Task.WaitAny(_copying));
        _copying = null;
    }

    private void Measured(string phase, Action work)
    {
        long start = _services.Time.GetTimestamp();
        work();
        _services.Instruments.Measure(phase, _services.Time.GetElapsedTime(start));
    }

    /// <summary>Copies the version and writes it, both on another thread: training goes on meanwhile.</summary>
    private void Save()
    {
        var (view, version, content, folder) = (_ledger!.View, _memory!.Published.Version, _memory.Content, _assignment!.Request.CheckpointFolder);
        var writer = new DeviceWorker($"checkpoint of shard {_shard}");
        var copying = writer.RunAsync(content.Copy);
        // Without the copy itself, which would stay in memory for as long as nothing follows.
        _copying = copying.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _ = SaveAsync();

        async Task SaveAsync()
        {
            ShardSaved report;
            try
            {
                await using var disposed = writer;
                var copy = await copying;
                var objects = await writer.RunAsync(() => WriteAndReturn(copy));
                report = new ShardSaved { View = view, Version = version, Shard = _shard, Objects = [.. objects.Select(item => new SavedObject(item.Name, item.Bytes, item.Sha256))] };
            }
            catch (Exception exception)
            {
                LogSaveFailed(_services.Logger, exception, _shard, version);
                report = new ShardSaved { View = view, Version = version, Shard = _shard, Problem = exception.Message };
            }
            await _services.Delivery.UntilHeardAsync($"Checkpoint of shard {_shard}", () => _coordinator.ShardSaved(report), () => IsAt(view));
        }

        ImmutableArray<CheckpointObject> WriteAndReturn(ShardSnapshot copy)
        {
            try
            {
                return copy.Write(new CheckpointStore(folder), version);
            }
            finally
            {
                content.Return(copy);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard} cannot be opened.")]
    private static partial void LogOpenFailed(ILogger logger, Exception exception, ShardIndex shard);

    [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard} cannot save version {Version}.")]
    private static partial void LogSaveFailed(ILogger logger, Exception exception, ShardIndex shard, StepNumber version);
}
