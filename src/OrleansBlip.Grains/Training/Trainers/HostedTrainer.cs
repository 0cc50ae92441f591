using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Training.Trainers;

/// <summary>
/// A trainer as it lives on its node, behind the grain. Leases wait in a queue; a task of its own takes them one by one: pull the version, compute the
/// slots on the device's thread, push their sums, report.
/// </summary>
internal sealed partial class HostedTrainer : IAsyncDisposable
{
    /// <summary>A damaged block is sent this often.</summary>
    private const int SendsMax = 3;

    /// <summary>A shard that refuses the current view has started anew; until the coordinator has seen it, there is no use in asking for more work.</summary>
    private static readonly TimeSpan FencedPause = TimeSpan.FromSeconds(1);

    private readonly RunId _run;
    private readonly TrainerId _id;
    private readonly TrainerServices _services;
    private readonly VersionPuller _puller;
    private readonly ICoordinator _coordinator;
    private readonly Incarnation _incarnation = new(Guid.NewGuid());
    private readonly Channel<Lease> _leases = Channel.CreateUnbounded<Lease>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _loop;
    private volatile Assignment? _assignment;
    private volatile Lease? _newest;
    private readonly CancellationTokenSource _closing = new();
    private ISlotComputer? _computer;
    private GradientBuffers? _buffers;
    private (ViewNumber View, StepNumber Step)? _loaded;
    private VersionArrival? _arrival;

    public HostedTrainer(RunId run, TrainerId id, VersionPuller puller, TrainerServices services)
    {
        _run = run;
        _id = id;
        _puller = puller;
        _services = services;
        _coordinator = services.Grains.GetGrain<ICoordinator>(run.Value);
        _loop = Task.Run(WorkAsync);
    }

    private DeviceWorker Device => _services.Devices[_id.Device];

    /// <summary>Takes part under the assignment's view and reports to the coordinator. Its failure is a report too.</summary>
    public async Task OpenAsync(TrainerAssignment assignment)
    {
        if (assignment.View < (_assignment?.View ?? new ViewNumber(-1))) return;
        // The device may be waiting for the rest of a version from a node that is gone: with its view that is over.
        if (_assignment is { } before && before.View < assignment.View) await before.Over.CancelAsync();
        string? problem = null;
        NumericProfile? profile = null;
        try
        {
            var model = _services.Factory.Describe(assignment.Request);
            _buffers ??= new GradientBuffers(model.Layout.ElementCount);
            profile = await Device.RunAsync(() => Build(assignment));
            Enter(Assignment.Of(_run, _id.Node, assignment, model, _services.Links));
        }
        catch (Exception exception)
        {
            LogOpenFailed(_services.Logger, exception, _id);
            problem = exception.Message;
        }
        Failpoints.Pass(Failpoint.TrainerOpened);
        var report = new TrainerOpened { View = assignment.View, Trainer = _id, Incarnation = _incarnation, Problem = problem, Profile = profile };
        await _services.Delivery.UntilHeardAsync($"Opening of trainer {_id}", () => _coordinator.TrainerOpened(report), () => !_closing.IsCancellationRequested && !(_assignment?.View > assignment.View));
    }

    /// <summary>Takes a lease on.</summary>
    public LeaseAnswer Offer(Lease lease)
    {
        if (_closing.IsCancellationRequested || _assignment is not { } assignment || lease.View > assignment.View) return LeaseAnswer.NotJoined;
        if (lease.View < assignment.View) return LeaseAnswer.Fenced;
        if (_newest is not { } newest || (newest.View, newest.Step.Value).CompareTo((lease.View, lease.Step.Value)) < 0) _newest = lease;
        Failpoints.Pass(Failpoint.LeaseReceived);
        _leases.Writer.TryWrite(lease);
        return LeaseAnswer.Queued;
    }

    /// <summary>Whether the trainer works under <paramref name="view"/> or a lower one, and may be closed by it.</summary>
    public bool MayCloseAt(ViewNumber view) => !(view < (_assignment?.View ?? view));

    /// <summary>Drops what is queued, lets the slot under way finish and frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        if (_assignment is { } assignment) await assignment.Over.CancelAsync();
        _leases.Writer.TryComplete();
        await _loop;
        await Device.RunAsync(() => _computer?.Dispose());
        _closing.Dispose();
    }

    /// <summary>Builds the model where that is still to be done, on the device's thread; null where the trainer is being closed: it must not build another.</summary>
    private NumericProfile? Build(TrainerAssignment assignment)
    {
        if (_closing.IsCancellationRequested) return null;
        _computer ??= _services.Factory.Create(_run, assignment.Request, _id.Device, _services.Devices[_id.Device].Place);
        _computer.Amend(assignment.Amendments);
        float[] room = _buffers!.Rent();
        var profile = _computer.Prove(room);
        _buffers.Return(room);
        return profile;
    }

    /// <summary>Works under an assignment's view from now on. What still waits for nodes of the one before is given up; the same one may come twice.</summary>
    private void Enter(Assignment assignment)
    {
        var before = _assignment;
        if (before?.View == assignment.View) return;
        _assignment = assignment;
        before?.Over.Cancel();
    }

    private bool IsViewCurrent(ViewNumber view) => _assignment is not { } assignment || (assignment.View == view && !assignment.Over.IsCancellationRequested);

    private bool IsWanted(Lease lease) => !_closing.IsCancellationRequested && IsViewCurrent(lease.View) && _newest is { } newest && !(newest.View > lease.View) && !(newest.Step > lease.Step);

    private async Task WorkAsync()
    {
        await foreach (var lease in _leases.Reader.ReadAllAsync())
        {
            LeaseReport report;
            try
            {
                report = await FulfilAsync(lease);
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogLeaseFailed(_services.Logger, exception, _id, lease.Slots, lease.Step);
                var failure = exception as SlotException;
                report = Report(lease, failure?.Outcome ?? LeaseOutcome.Failed) with { Problem = exception.Message, FailedSlot = failure?.Slot };
            }
            // Not awaited: the next lease may come before the coordinator has heard of this one's end.
            _ = _services.Delivery.UntilHeardAsync($"Report of trainer {_id}", () => _coordinator.LeaseEnded(report), () => !_closing.IsCancellationRequested && IsViewCurrent(lease.View));
        }
    }

    private async Task<LeaseReport> FulfilAsync(Lease lease)
    {
        if (!IsWanted(lease) || _assignment is not { } assignment) return Report(lease, LeaseOutcome.Overtaken);
        long start = Stopwatch.GetTimestamp();
        if (_loaded != (lease.View, lease.Step))
        {
            var version = await _puller.PullAsync(assignment.Shards, assignment.Order, lease.View, lease.Step, () => IsWanted(lease), assignment.Over.Token).WaitAsync(_closing.Token);
            if (version is null) return await PauseIfFencedAsync(lease);
            _loaded = null;
            if (!await Device.RunAsync(() => TryLoad(version))) return Report(lease, LeaseOutcome.Overtaken);
            (_loaded, _arrival) = ((lease.View, lease.Step), version.Arrival);
        }
        Failpoints.Pass(Failpoint.VersionPulled);
        long pulled = Stopwatch.GetTimestamp();
        _services.Instruments.Measure("pull", Stopwatch.GetElapsedTime(start, pulled));

        var sums = new PartialSums(assignment.Tree, assignment.Precision, _buffers!.Return);
        var (result, waited) = await Device.RunAsync(() => (Compute(lease, assignment, sums), _arrival?.TakeWaited() ?? TimeSpan.Zero));
        var compute = Stopwatch.GetElapsedTime(pulled) - waited;
        _services.Instruments.Measure("compute", compute);
        _services.Instruments.Measure("await", waited);
        var partials = sums.TakeAll();
        if (result is not { } done)
        {
            _loaded = null;
            foreach (var (_, sum) in partials) _buffers.Return(sum);
            return Report(lease, LeaseOutcome.Overtaken);
        }

        Failpoints.Pass(Failpoint.SlotsComputed);
        long computed = Stopwatch.GetTimestamp();
        var pushes = Task.WhenAll(partials.SelectMany(partial => Push(lease, assignment, partial.Node, partial.Sum, done.Outputs, partial.Node == done.Last ? done.Pushes : null)));
        // Without another lease the device would idle while the sums travel. Slots mostly stay with their trainer, so it makes one of the next step ready;
        // nobody waits for it.
        if (!_leases.Reader.TryPeek(out _)) _ = Device.RunAsync(() => _computer!.Prepare(lease.Step.Next, lease.Slots.Start));
        var answers = await pushes.WaitAsync(_closing.Token);
        _services.Instruments.Measure("push", Stopwatch.GetElapsedTime(computed));
        // Each shard that has answered is done with memory that it was not given; where one has not answered, nobody knows.
        if (!assignment.GivesSums && !Array.Exists(answers, answer => answer is null)) foreach (var (_, sum) in partials) _buffers.Return(sum);
        if (Array.TrueForAll(answers, answer => answer is { IsHeld: true })) return Report(lease, LeaseOutcome.Done) with { Compute = compute };
        if (Array.Find(answers, answer => answer?.Outcome is PushOutcome.BadShape or PushOutcome.BadChecksum) is { } refused)
            return Report(lease, LeaseOutcome.Failed) with { Problem = $"A shard refused the gradient of slots {lease.Slots} of step {lease.Step}: {refused.Outcome}." };
        return await PauseIfFencedAsync(lease);
    }

    private bool TryLoad(ParameterVersion version)
    {
        try
        {
            _computer!.Load(version);
            // What loading waited for belongs to the pull.
            version.Arrival?.TakeWaited();
            return true;
        }
        catch (ParametersLostException)
        {
            return false;
        }
    }

    /// <summary>Computes the slots one by one, on the device's thread; null when the lease is overtaken meanwhile, or the rest of its version does not come. Of the last sum parts are pushed already.</summary>
    private (List<SlotOutput> Outputs, TreeNode Last, ShardPushes Pushes)? Compute(Lease lease, Assignment assignment, PartialSums sums)
    {
        List<SlotOutput> outputs = [];
        for (int slot = lease.Slots.Start; slot < lease.Slots.End - 1; slot++)
        {
            if (!IsWanted(lease)) return null;
            float[] gradient = _buffers!.Rent();
            var output = Compute(lease.Step, slot, gradient);
            if (output is null)
            {
                _buffers.Return(gradient);
                return null;
            }
            outputs.Add(output);
            sums.Add(slot, gradient);
        }

        if (!IsWanted(lease)) return null;
        float[] lastGradient = _buffers!.Rent();
        var last = sums.Begin(lease.Slots.End - 1, lastGradient);
        // On other threads: the device has its own work.
        var memory = MemoryToGive(assignment, last.Sum);
        var pushes = new ShardPushes(assignment.Ranges, last, memory, shard => Task.Run(() => PushAsync(lease, assignment, shard, last.Node, last.Sum, memory, [])));
        var lastOutput = Compute(lease.Step, lease.Slots.End - 1, lastGradient, pushes.Note);
        if (lastOutput is null)
        {
            // A buffer that a shard may be reading is not used again.
            if (!pushes.HasBegun) sums.End(last);
            return null;
        }
        pushes.Complete();
        sums.End(last);
        outputs.Add(lastOutput);
        return (outputs, last.Node, pushes);
    }

    private SlotOutput? Compute(StepNumber step, int slot, float[] gradient, Action<long, long>? completed = null)
    {
        try
        {
            return SlotOutput.Compute(_computer!, step, slot, gradient, completed);
        }
        catch (ParametersLostException)
        {
            return null;
        }
        catch (Exception exception) when (SlotException.IsOfSlot(exception))
        {
            throw new SlotException(slot, exception);
        }
    }

    /// <summary>Pushes one sum to all shards that it was not pushed to early, in the node's order, in which each of its devices begins at another one.</summary>
    private IEnumerable<Task<PushAnswer?>> Push(Lease lease, Assignment assignment, TreeNode node, float[] sum, List<SlotOutput> outputs, ShardPushes? early)
    {
        var slots = assignment.Tree.Slots(node);
        var own = outputs.GetRange(slots.Start - lease.Slots.Start, slots.Count);
        var memory = early is null ? MemoryToGive(assignment, sum) : early.Memory;
        for (int i = 0; i < assignment.Shards.Length; i++)
        {
            var shard = new ShardIndex(assignment.Order[(i + _id.Device) % assignment.Order.Length]);
            yield return early?.Find(shard) ?? PushAsync(lease, assignment, shard, node, sum, memory, own);
        }
    }

    /// <summary>A sum's memory for the shards, where each of them stands on this node and may keep it.</summary>
    private SumMemory? MemoryToGive(Assignment assignment, float[] sum) => assignment.GivesSums ? new SumMemory(sum, _buffers!, assignment.Shards.Length) : null;

    private Task<PushAnswer?> PushAsync(Lease lease, Assignment assignment, ShardIndex shard, TreeNode node, float[] sum, SumMemory? memory, List<SlotOutput> own)
    {
        var (start, end) = assignment.Ranges[shard.Value];
        var part = sum.AsMemory((int)start, (int)(end - start));
        return PushOneAsync(lease, assignment, shard, memory, new GradientBlock
        {
            View = lease.View,
            Step = lease.Step,
            Node = node,
            Trainer = _id,
            Incarnation = _incarnation,
            Checksum = BlockChecksum.Of(part.Span),
            Sum = new FloatBlock(part, assignment.Precision),
            Reports = shard == ShardIndex.Lead ? [.. own.Select(output => output.Report)] : [],
            Features = shard == ShardIndex.Lead ? [.. own.Select(output => output.Features).OfType<FeatureBlock>()] : [],
        });
    }

    private async Task<PushAnswer?> PushOneAsync(Lease lease, Assignment assignment, ShardIndex shard, SumMemory? memory, GradientBlock block)
    {
        PushAnswer? answer = null;
        var over = assignment.Over.Token;
        // What a shard was given and has refused is its sender's no more.
        int sendsMax = memory is null ? SendsMax : 1;
        for (int sends = 0; sends < sendsMax && (answer is null || answer.Value.Outcome == PushOutcome.BadChecksum); sends++)
        {
            Failpoints.Pass(Failpoint.PushBefore);
            answer = await _services.Delivery.UntilHeardAsync<PushAnswer?>($"Push to shard {shard}", async () => await SendAsync(), () => IsWanted(lease));
            Failpoints.Pass(Failpoint.PushAfter);
            if (answer is null) return null;
        }
        return answer;

        Task<PushAnswer> SendAsync()
        {
            var link = assignment.Shards[shard.Value];
            if (memory is not { } given || link is not LocalShard local) return link.PushAsync(block, over);
            memory = null;
            return local.GiveAsync(block, given);
        }
    }

    private async Task<LeaseReport> PauseIfFencedAsync(Lease lease)
    {
        if (IsWanted(lease)) await Task.Delay(FencedPause, _services.Time, _closing.Token);
        return Report(lease, LeaseOutcome.Overtaken);
    }

    private LeaseReport Report(Lease lease, LeaseOutcome outcome) =>
        new() { View = lease.View, Step = lease.Step, Slots = lease.Slots, Trainer = _id, Incarnation = _incarnation, Outcome = outcome };

    [LoggerMessage(Level = LogLevel.Error, Message = "Trainer {Trainer} cannot take part.")]
    private static partial void LogOpenFailed(ILogger logger, Exception exception, TrainerId trainer);

    [LoggerMessage(Level = LogLevel.Error, Message = "Trainer {Trainer} failed on slots {Slots} of step {Step}.")]
    private static partial void LogLeaseFailed(ILogger logger, Exception exception, TrainerId trainer, SlotRange slots, StepNumber step);

    /// <summary>What an assignment means here.</summary>
    private sealed record Assignment(ViewNumber View, ReductionTree Tree, GradientPrecision Precision, ImmutableArray<IShardLink> Shards, ImmutableArray<(long Start, long End)> Ranges, ImmutableArray<int> Order)
    {
        /// <summary>Cancelled when another view's assignment takes its place. Never disposed: whoever is late may still look.</summary>
        public CancellationTokenSource Over { get; } = new();

        /// <summary>Whether all shards stand on this node: each keeps its part of a sum's memory. One of several nodes would keep all of it for a part.</summary>
        public bool GivesSums { get; } = Shards.All(shard => shard is LocalShard);

        public static Assignment Of(RunId run, NodeName self, TrainerAssignment assignment, RunModel model, ShardLinks links) => new(
            assignment.View,
            new ReductionTree(assignment.Request.Spec.SlotCount),
            assignment.Request.Spec.GradientPrecision,
            [.. assignment.Owners.Select((node, shard) => links.To(run, node, new ShardIndex(shard), ShapeOf(model, new ShardIndex(shard), assignment.Owners.Length)))],
            [.. assignment.Owners.Select((_, shard) => ShardPartition.RangeOf(new ShardIndex(shard), assignment.Owners.Length, model))],
            ShardOrder.Of(assignment.Owners, self));

        private static ShardShape ShapeOf(RunModel model, ShardIndex shard, int shardCount)
        {
            var (start, end) = ShardPartition.RangeOf(shard, shardCount, model);
            return new ShardShape(start, checked((int)(end - start)), shard == ShardIndex.Lead ? model.QueueCapacity : 0, model.QueueWidth);
        }
    }
}
