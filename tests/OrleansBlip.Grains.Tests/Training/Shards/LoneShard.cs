using Microsoft.Extensions.Logging.Abstractions;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Grains.Training.Shards;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;
using TorchSharp;

namespace OrleansBlip.Grains.Tests.Training.Shards;

/// <summary>A shard of one slot a step on its own, open under view 1: its coordinator and its trainer are the test.</summary>
internal sealed class LoneShard : IAsyncDisposable
{
    private readonly DevicePool _devices = new(new DeviceOptions { DeviceCount = 0 });
    private readonly TrainingInstruments _instruments = new();
    private readonly Listener _coordinator = new();
    private readonly FloatBlock _gradient;

    private LoneShard(int length, TimeProvider time)
    {
        var model = new TwoArrays(length);
        var delivery = new Delivery(TimeProvider.System, NullLogger<Delivery>.Instance);
        var services = new ShardServices(model, new InitialDraws(model, _devices), delivery, _instruments, time, NullLogger<HostedShard>.Instance);
        _gradient = new FloatBlock(Enumerable.Range(0, length).Select(i => i % 7 - 2.5f).ToArray());
        Hosted = new HostedShard("alone", ShardIndex.Lead, _coordinator, _ => throw new NotSupportedException(), (_, _) => throw new NotSupportedException(), services);
    }

    public HostedShard Hosted { get; }

    /// <summary>The first checkpoint of which the coordinator hears.</summary>
    public Task<ShardSaved> Saved => _coordinator.Saved;

    /// <summary>Opens a shard.</summary>
    /// <param name="folder">Where its checkpoints go.</param>
    /// <param name="length">Its parameters.</param>
    /// <param name="time">What pulls wait by.</param>
    public static async Task<LoneShard> OpenAsync(string folder, int length, TimeProvider? time = null)
    {
        var shard = new LoneShard(length, time ?? TimeProvider.System);
        await shard.Hosted.OpenAsync(new ShardAssignment { View = new(1), Request = Request(folder), Shard = ShardIndex.Lead, ShardCount = 1, Origin = ShardOrigin.Initial });
        return shard;
    }

    public Task<PushAnswer> PushAsync(long step) => Hosted.PushAsync(Block(step));

    /// <summary>The gradient of a step's slot.</summary>
    public GradientBlock Block(long step) => new()
    {
        View = new(1),
        Step = new(step),
        Node = ReductionTree.Leaf(0),
        Trainer = new TrainerId(new NodeName("node"), 0),
        Incarnation = new(new Guid(1, 0, 0, new byte[8])),
        Checksum = BlockChecksum.Of(_gradient.Span),
        Sum = _gradient,
    };

    public Task<VerdictAnswer> DecideAsync(long step, bool isSaved = false) =>
        Hosted.DecideAsync(new Verdict { View = new(1), Step = new(step), Kind = VerdictKind.Apply, SquaredNorm = 1, Checkpoint = isSaved });

    public async ValueTask DisposeAsync()
    {
        await Hosted.DisposeAsync();
        await _devices.DisposeAsync();
        _instruments.Dispose();
    }

    private static RunRequest Request(string folder) => new()
    {
        Spec = PlainRun.Spec,
        CheckpointFolder = folder,
    };

    /// <summary>A model of weights and their averages.</summary>
    private sealed class TwoArrays(int length) : ISlotComputerFactory
    {
        public RunModel Describe(RunRequest request) => new()
        {
            Layout = new ParameterLayout([new ParameterEntry { Name = "a.weight", Shape = [length, 1], Offset = 0, Length = length, MomentumOffset = 0, MomentumName = "a_m.weight" }]),
            Optimizer = new OptimizerSettings { LearningRate = ScheduleSpec.Constant(1e-2) },
        };

        public InitialParameters CreateInitial(RunRequest request) => new() { Weights = new float[length], Momentum = new float[length] };

        public ISlotComputer Create(RunId run, RunRequest request, int device, torch.Device place) => throw new NotSupportedException();
    }

    /// <summary>A coordinator that waits for a checkpoint.</summary>
    private sealed class Listener : ICoordinator
    {
        private readonly TaskCompletionSource<ShardSaved> _saved = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ShardSaved> Saved => _saved.Task;

        public Task TrainerOpened(TrainerOpened report) => Task.CompletedTask;

        public Task ShardOpened(ShardOpened report)
        {
            if (report.Problem is { } problem) _saved.SetException(new InvalidOperationException(problem));
            return Task.CompletedTask;
        }

        public Task LeaseEnded(LeaseReport report) => Task.CompletedTask;

        public Task Sealed(Seal seal) => Task.CompletedTask;

        public Task Beat() => Task.CompletedTask;

        public Task<bool> Leave(NodeName node) => Task.FromResult(false);

        public Task ShardSaved(ShardSaved report)
        {
            _saved.SetResult(report);
            return Task.CompletedTask;
        }
    }
}
