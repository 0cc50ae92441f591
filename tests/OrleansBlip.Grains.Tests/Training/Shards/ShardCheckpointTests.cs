using System.Collections.Immutable;
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

/// <summary>A shard on its own: its coordinator is the test.</summary>
public sealed class ShardCheckpointTests : IDisposable
{
    /// <summary>So many that a copy takes longer than it takes the next step to begin.</summary>
    private const int Length = 1 << 22;

    private static readonly FloatBlock Gradient = new(Enumerable.Range(0, Length).Select(i => i % 7 - 2.5f).ToArray());

    private readonly string _folder = Directory.CreateTempSubdirectory("shard-checkpoints-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Checkpoint_OfAVersionWhoseSuccessorsFollowAtOnce_IsOfThatVersion()
    {
        var resting = await SaveAsync("resting", stepsAfter: 0);
        var training = await SaveAsync("training", stepsAfter: 2);

        Assert.Equal(Assert.Single(resting).Sha256, Assert.Single(training).Sha256);
    }

    /// <summary>Takes a step, saves the version, and takes further steps without waiting for it.</summary>
    private async Task<ImmutableArray<SavedObject>> SaveAsync(string name, int stepsAfter)
    {
        var coordinator = new Listener();
        var request = Request(Path.Combine(_folder, name));
        var model = new TwoArrays();
        await using var devices = new DevicePool(new DeviceOptions { DeviceCount = 0 });
        using var instruments = new TrainingInstruments();
        var delivery = new Delivery(TimeProvider.System, NullLogger<Delivery>.Instance);
        var services = new ShardServices(model, new InitialDraws(model, devices), delivery, instruments, TimeProvider.System, NullLogger<HostedShard>.Instance);
        await using var shard = new HostedShard(name, ShardIndex.Lead, coordinator, _ => throw new NotSupportedException(), (_, _) => throw new NotSupportedException(), services);
        await shard.OpenAsync(new ShardAssignment { View = new(1), Request = request, Shard = ShardIndex.Lead, ShardCount = 1, Origin = ShardOrigin.Initial });
        await StepAsync(shard, step: 0, isSaved: true);
        for (int step = 1; step <= stepsAfter; step++) await StepAsync(shard, step, isSaved: false);
        var saved = await coordinator.Saved;
        Assert.Null(saved.Problem);
        Assert.Equal(1, saved.Version.Value);
        return saved.Objects;
    }

    private static async Task StepAsync(HostedShard shard, int step, bool isSaved)
    {
        var block = new GradientBlock
        {
            View = new(1),
            Step = new(step),
            Node = ReductionTree.Leaf(0),
            Trainer = new TrainerId(new NodeName("node"), 0),
            Incarnation = new(new Guid(1, 0, 0, new byte[8])),
            Checksum = BlockChecksum.Of(Gradient.Span),
            Sum = Gradient,
        };
        Assert.Equal(PushOutcome.Accepted, (await shard.PushAsync(block)).Outcome);
        var verdict = new Verdict { View = new(1), Step = new(step), Kind = VerdictKind.Apply, SquaredNorm = 1, Checkpoint = isSaved };
        Assert.Equal(VerdictOutcome.Done, (await shard.DecideAsync(verdict)).Outcome);
    }

    private static RunRequest Request(string folder) => new()
    {
        Spec = new RunSpec
        {
            Model = "{}",
            Data = "{}",
            Optimizer = "{}",
            DatasetDigest = new string('0', 64),
            SampleCount = 100,
            Seed = 1,
            Steps = 10,
            SlotCount = 1,
            SlotSize = 1,
        },
        CheckpointFolder = folder,
    };

    /// <summary>A model of weights and their averages.</summary>
    private sealed class TwoArrays : ISlotComputerFactory
    {
        public RunModel Describe(RunRequest request) => new()
        {
            Layout = new ParameterLayout([new ParameterEntry { Name = "a.weight", Shape = [Length, 1], Offset = 0, Length = Length, MomentumOffset = 0, MomentumName = "a_m.weight" }]),
            Optimizer = new OptimizerSettings { LearningRate = ScheduleSpec.Constant(1e-2) },
        };

        public InitialParameters CreateInitial(RunRequest request) => new() { Weights = new float[Length], Momentum = new float[Length] };

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
