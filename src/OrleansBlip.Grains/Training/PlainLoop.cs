using System.Collections.Immutable;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training.Checkpoints;
using OrleansBlip.Grains.Training.Leases;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training;

/// <summary>
/// The same run without a cluster: the grains' pieces called one after the other, the devices as threads. It defines which weights a run must end with,
/// and what a step costs without the protocol.
/// </summary>
public sealed class PlainLoop : IAsyncDisposable
{
    private static readonly ViewNumber View = new(0);

    private readonly RunRequest _request;
    private readonly DevicePool _devices;
    private readonly ReductionTree _tree;
    private readonly RunModel _model;
    private readonly GradientBuffers _buffers;
    private readonly ISlotComputer[] _computers;
    private readonly ImmutableArray<SlotRange>[] _leases;
    private readonly ShardMemory _memory;
    private readonly ImmutableArray<Amendment> _amendments;

    private PlainLoop(RunRequest request, DevicePool devices, RunModel model, ISlotComputer[] computers, GradientBuffers buffers, ShardMemory memory, ImmutableArray<Amendment> amendments)
    {
        _request = request;
        _devices = devices;
        _model = model;
        _computers = computers;
        _memory = memory;
        _amendments = amendments;
        _tree = new ReductionTree(request.Spec.SlotCount);
        _buffers = buffers;
        var trainers = Enumerable.Range(0, devices.Count).Select(device => (new TrainerId(new NodeName("here"), device), 1.0)).ToArray();
        var plan = LeasePlanner.Plan(_tree, [.. Enumerable.Range(0, request.Spec.SlotCount)], trainers);
        _leases = [.. trainers.Select(trainer => plan.Where(lease => lease.Trainer == trainer.Item1).Select(lease => lease.Slots).ToImmutableArray())];
    }

    /// <summary>The next step.</summary>
    public StepNumber Step => _memory.Published.Version;

    /// <summary>Hash of the weights and momentum copies as they stand.</summary>
    public string WeightsSha256 => WeightsHash.Of(_model.Layout, _memory.Published.Weights.Span, _memory.Published.Momentum.Span);

    /// <summary>Hash of the moments, Adam's count and the queue as they stand.</summary>
    public string OptimizerSha256 => OptimizerHash.Of(_memory.Content.Parameters, _memory.Content.Queue);

    /// <summary>Builds the model on each device and draws the initial weights.</summary>
    /// <param name="request">The run; of its placement nothing matters.</param>
    /// <param name="factory">Builds the model.</param>
    /// <param name="devices">The devices; the loop does not dispose them.</param>
    /// <param name="amendments">Steps to leave out, and slots in quarantine.</param>
    public static async Task<PlainLoop> CreateAsync(RunRequest request, ISlotComputerFactory factory, DevicePool devices, params ImmutableArray<Amendment> amendments)
    {
        request.Validate();
        var model = factory.Describe(request);
        var initial = await devices.RunAnywhereAsync(() => factory.CreateInitial(request));
        var content = ShardContent.OfInitial(model, request.Spec, initial, ShardIndex.Lead, shardCount: 1);
        return await CreateAsync(request, factory, devices, model, content, new StepNumber(0), amendments);
    }

    /// <summary>Goes on with a checkpoint.</summary>
    /// <param name="request">The run.</param>
    /// <param name="factory">Builds the model.</param>
    /// <param name="devices">The devices; the loop does not dispose them.</param>
    /// <param name="checkpoint">Read before this returns.</param>
    /// <param name="amendments">Steps to leave out, and slots in quarantine: null for those that its run had decided on by then.</param>
    /// <exception cref="CheckpointException">It is of another model.</exception>
    public static Task<PlainLoop> ContinueAsync(
        RunRequest request, ISlotComputerFactory factory, DevicePool devices, Checkpoint checkpoint, ImmutableArray<Amendment>? amendments = null)
    {
        request.Validate();
        var model = factory.Describe(request);
        var content = ShardContent.OfCheckpoint(model, checkpoint, ShardIndex.Lead, shardCount: 1);
        return CreateAsync(request, factory, devices, model, content, new StepNumber(checkpoint.Manifest.Step), amendments ?? checkpoint.Manifest.Amendments);
    }

    private static async Task<PlainLoop> CreateAsync(
        RunRequest request, ISlotComputerFactory factory, DevicePool devices, RunModel model, ShardContent content, StepNumber version, ImmutableArray<Amendment> amendments)
    {
        var run = RunId.Parse($"plain-{Guid.NewGuid():n}");
        var computers = await Task.WhenAll(Enumerable.Range(0, devices.Count).Select(device => devices[device].RunAsync(() => factory.Create(run, request, device, devices[device].Place))));
        for (int device = 0; device < devices.Count; device++) await devices[device].RunAsync(() => computers[device].Amend(amendments));
        var buffers = new GradientBuffers(model.Layout.ElementCount);
        await LargeGarbage.CollectAsync(model.Layout.ElementCount);
        return new PlainLoop(request, devices, model, computers, buffers, new ShardMemory(request.Spec, model.Optimizer, content, version, () => devices.Count), amendments);
    }

    /// <summary>What the devices compute with. To be asked before the first step.</summary>
    public Task<NumericProfile> ProfileAsync() => _devices[0].RunAsync(() =>
    {
        float[] room = _buffers.Rent();
        var profile = _computers[0].Prove(room);
        _buffers.Return(room);
        return profile;
    });

    /// <summary>Takes one step.</summary>
    public async Task<PlainStep> StepAsync()
    {
        var step = Step;
        if (_amendments.Any(amendment => amendment.Omits(step)))
        {
            _memory.CarryOver(step);
            return new([], new Verdict { View = View, Step = step, Kind = VerdictKind.Skip, IsAmended = true }, []);
        }
        var version = new ParameterVersion(View, step, [_memory.Published]);
        var parts = await Task.WhenAll(Enumerable.Range(0, _devices.Count).Select(device => _devices[device].RunAsync(() => Compute(device, version))));
        // All nodes of the tree that the devices made, in any order: the tree knows where each belongs.
        var ledger = new ShardLedger(_tree, View, step);
        foreach (var (sums, outputs) in parts)
        {
            foreach (var (node, sum) in sums) Add(ledger, node, sum);
            _memory.Note([.. outputs.Select(output => output.Report)], [.. outputs.Select(output => output.Features).OfType<FeatureBlock>()]);
        }
        var seal = _memory.Vote(ledger.View, step, ShardIndex.Lead);
        double squaredNorm = FixedTree.Sum(seal.ChunkSquaredNorms.AsSpan());
        var kind = seal.Finite && double.IsFinite(squaredNorm) ? VerdictKind.Apply : VerdictKind.Skip;
        if (kind == VerdictKind.Apply) _memory.Apply(step, squaredNorm);
        else _memory.CarryOver(step);
        _memory.Clear();
        var slots = parts.SelectMany(part => part.Outputs).OrderBy(output => output.Report.Slot)
            .Select(output => new PlainSlot(output.Report.Slot, output.Report.Losses, output.Report.Finite, output.SampleIds));
        return new(SlotOutput.MeanLosses(seal.Reports), new Verdict { View = ledger.View, Step = step, Kind = kind, SquaredNorm = squaredNorm }, [.. slots]);
    }

    /// <summary>Frees the models.</summary>
    public async ValueTask DisposeAsync()
    {
        for (int device = 0; device < _computers.Length; device++) await _devices[device].RunAsync(_computers[device].Dispose);
    }

    private (IReadOnlyList<(TreeNode Node, float[] Sum)> Sums, List<SlotOutput> Outputs) Compute(int device, ParameterVersion version)
    {
        List<(TreeNode, float[])> sums = [];
        List<SlotOutput> outputs = [];
        if (_leases[device].IsEmpty) return (sums, outputs);
        _computers[device].Load(version);
        foreach (var lease in _leases[device])
        {
            var partial = new PartialSums(_tree, _request.Spec.GradientPrecision, _buffers.Return);
            for (int slot = lease.Start; slot < lease.End; slot++)
            {
                float[] gradient = _buffers.Rent();
                // Nobody else loads versions of this run: none takes the place of this one.
                outputs.Add(SlotOutput.Compute(_computers[device], version.Step, slot, gradient)!);
                partial.Add(slot, gradient);
            }
            sums.AddRange(partial.TakeAll());
        }
        return (sums, outputs);
    }

    private void Add(ShardLedger ledger, TreeNode node, float[] sum)
    {
        var memory = new SumMemory(sum, _buffers);
        bool isKept = false;
        foreach (var action in ledger.Push(ledger.View, ledger.Step, node, default, default).Actions) isKept |= _memory.Sum(action, sum, memory);
        if (!isKept) memory.Release();
    }
}
