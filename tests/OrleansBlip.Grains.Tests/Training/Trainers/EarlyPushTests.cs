using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansBlip.Grains.DataPlane;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Grains.Training.Trainers;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Nodes;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;
using TorchSharp;

namespace OrleansBlip.Grains.Tests.Training.Trainers;

/// <summary>What a trainer of a cluster does with a lease: the shards, the coordinator and the model are the test.</summary>
public sealed class EarlyPushTests
{
    private const int Chunk = ParameterShardState<float>.ChunkElements;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly NodeName Node = new("node");

    [Fact]
    public async Task LastSum_ReachesAShard_WhileTheRestIsBeingComputed()
    {
        Shard[] shards = [new(), new()];
        var coordinator = DispatchProxy.Create<ICoordinator, Coordinator>();
        var grains = DispatchProxy.Create<IGrainFactory, Grains>();
        ((Grains)(object)grains).Coordinator = coordinator;
        var silo = DispatchProxy.Create<ILocalSiloDetails, Silo>();
        var model = new SecondHalfFirst(shards[1]);
        await using var devices = new DevicePool(new DeviceOptions { DeviceCount = 1 });
        using var instruments = new TrainingInstruments();
        var options = new DataPlaneOptions();
        await using var links = new ShardLinks(grains, silo, (_, shard) => shards[shard.Value], new StreamConnector(options, credentials: null, instruments, TimeProvider.System), options);
        using var delivery = new Delivery(TimeProvider.System, NullLogger<Delivery>.Instance);
        var services = new TrainerServices(model, devices, grains, links, delivery, instruments, TimeProvider.System, NullLogger<HostedTrainer>.Instance);
        await using var trainer = new HostedTrainer(new RunId("run"), new TrainerId(Node, 0), new VersionPuller(delivery), services);

        await trainer.OpenAsync(new TrainerAssignment { View = new(1), Request = new RunRequest { Spec = PlainRun.Spec, CheckpointFolder = "nowhere" }, Owners = [Node, Node] });
        Assert.Equal(LeaseAnswer.Queued, trainer.Offer(new Lease { View = new(1), Step = new(0), Slots = new SlotRange(0, 1) }));
        var report = await ((Coordinator)(object)coordinator).Ended.WaitAsync(Patience);

        Assert.Null(report.Problem);
        Assert.Equal(LeaseOutcome.Done, report.Outcome);
        Assert.True(model.WasPushedMeanwhile);
        Assert.All(await shards[1].Pushed, value => Assert.Equal(2, value));
        Assert.All(await shards[0].Pushed, value => Assert.Equal(1, value));
    }

    /// <summary>A model that completes the second half of its gradient, and the first one once that has been pushed.</summary>
    private sealed class SecondHalfFirst(Shard second) : ISlotComputerFactory, ISlotComputer
    {
        public bool WasPushedMeanwhile { get; private set; }

        public RunModel Describe(RunRequest request) => new()
        {
            Layout = new ParameterLayout([new ParameterEntry { Name = "a.weight", Shape = [2 * Chunk, 1], Offset = 0, Length = 2 * Chunk }]),
            Optimizer = new OptimizerSettings { LearningRate = ScheduleSpec.Constant(1e-2) },
        };

        public InitialParameters CreateInitial(RunRequest request) => throw new NotSupportedException();

        public ISlotComputer Create(RunId run, RunRequest request, int device, torch.Device place) => this;

        public NumericProfile Prove(float[] room) => new() { Library = "none", InstructionSet = "none", ThreadsPerDevice = 1, Decoder = "none", CanarySha256 = new string('0', 64) };

        public void Amend(ImmutableArray<Amendment> amendments)
        {
        }

        public void Load(ParameterVersion version)
        {
        }

        public void Prepare(StepNumber step, int slot)
        {
        }

        public SlotResult Compute(StepNumber step, int slot, float[] gradient, Action<long, long>? completed = null)
        {
            gradient.AsSpan(Chunk).Fill(2);
            completed!(Chunk, Chunk);
            WasPushedMeanwhile = second.Pushed.Wait(Patience);
            gradient.AsSpan(0, Chunk).Fill(1);
            return new SlotResult { Losses = [] };
        }

        public void Dispose()
        {
        }
    }

    /// <summary>One of two shards, which accepts whatever comes.</summary>
    private sealed class Shard : IBlockShard
    {
        private readonly TaskCompletionSource<float[]> _pushed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<float[]> Pushed => _pushed.Task;

        public BlockBounds? Bounds => null;

        public Task<PushAnswer> PushAsync(GradientBlock block, BlockArrival? arrival)
        {
            _pushed.TrySetResult(block.Sum.Span.ToArray());
            return Task.FromResult(new PushAnswer(PushOutcome.Accepted, block.View, block.Step));
        }

        public Task<MirrorOutcome> MirrorAsync(SumBlock block, BlockArrival? arrival) => throw new NotSupportedException();

        public Task<PullAnswer> PullAsync(PullRequest request, TimeSpan patience) => Task.FromResult(new PullAnswer
        {
            Outcome = PullOutcome.Found,
            Block = new ParameterBlock { Version = request.Version, WeightStart = 0, Weights = new FloatBlock(new float[Chunk]), MomentumStart = 0, Momentum = new FloatBlock(Array.Empty<float>()) },
        });
    }

    /// <summary>Hears how the lease ends.</summary>
    public class Coordinator : DispatchProxy
    {
        private readonly TaskCompletionSource<LeaseReport> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<LeaseReport> Ended => _ended.Task;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (args is [TrainerOpened { Problem: { } problem }]) _ended.TrySetException(new InvalidOperationException(problem));
            if (args is [LeaseReport report]) _ended.TrySetResult(report);
            return Task.CompletedTask;
        }
    }

    /// <summary>Knows the coordinator; what is asked for beside it is never called.</summary>
    public class Grains : DispatchProxy
    {
        public ICoordinator Coordinator { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.IsGenericMethod && targetMethod.GetGenericArguments() is [var type] && type == typeof(ICoordinator) ? Coordinator : throw new NotSupportedException($"{targetMethod}");
    }

    /// <summary>A silo's name.</summary>
    public class Silo : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == "get_Name" ? Node.Value : throw new NotSupportedException($"{targetMethod}");
    }
}
