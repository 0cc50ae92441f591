using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Model.Weights;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using TorchSharp;

namespace OrleansBlip.Silo.Tests.Training;

/// <summary>
/// A model in plain C# whose gradient depends on everything that the protocol carries: weights, momentum copies, feature queue, step and slot. One wrong
/// number anywhere changes the final hash. It counts its living computers, and tests may let it misbehave.
/// </summary>
internal sealed class FakeModel(string node, FakeBehaviour behaviour) : ISlotComputerFactory
{
    private const int FeatureWidth = 4;

    public RunModel Describe(RunRequest request)
    {
        int elements = Elements(request.Spec);
        return new RunModel
        {
            Layout = new ParameterLayout(
            [
                new ParameterEntry { Name = "a.weight", Shape = [elements - 11, 1], Offset = 0, Length = elements - 11, MomentumOffset = 0, MomentumName = "a_m.weight" },
                new ParameterEntry { Name = "b.bias", Shape = [10], Offset = elements - 11, Length = 10 },
                new ParameterEntry { Name = "temp", Shape = [], Offset = elements - 1, Length = 1, Bounds = (0.001, 0.5) },
            ]),
            Optimizer = new OptimizerSettings { LearningRate = ScheduleSpec.Constant(1e-2), ClipNorm = 1 },
            QueueCapacity = 24,
            QueueWidth = FeatureWidth,
        };
    }

    public InitialParameters CreateInitial(RunRequest request)
    {
        int elements = Elements(request.Spec);
        float[] weights = [.. Enumerable.Range(0, elements).Select(i => Noise(request.Spec.Seed, 0, i))];
        return new InitialParameters { Weights = weights, Momentum = weights.AsMemory(0, elements - 11) };
    }

    public ISlotComputer Create(RunId run, RunRequest request, int device, torch.Device place)
    {
        if (behaviour.CreateProblem is { } problem) throw new RunRefusedException(problem);
        if (Interlocked.Increment(ref behaviour.LivingComputers) == 2) behaviour.ReachTwoComputers();
        return new Computer(request.Spec, node, device, behaviour);
    }

    /// <summary>What a node of an instruction set computes with.</summary>
    public static NumericProfile ProfileOf(string instructionSet) => new()
    {
        Library = "fake",
        InstructionSet = instructionSet,
        ThreadsPerDevice = 1,
        Decoder = "none",
        CanarySha256 = new string('0', 64),
    };

    private static int Elements(RunSpec spec) => JsonDocument.Parse(spec.Model).RootElement.GetProperty("elements").GetInt32();

    private static float Noise(long a, long b, int i) => (((uint)i * 2654435761u + (uint)(a * 40503) + (uint)(b * 9176213)) >> 8) * (1f / (1 << 24)) - 0.5f;

    private sealed class Computer(RunSpec spec, string node, int device, FakeBehaviour behaviour) : ISlotComputer
    {
        private readonly float[] _weights = new float[Elements(spec)];
        private readonly float[] _momentum = new float[Elements(spec) - 11];
        private readonly Thread _thread = Thread.CurrentThread;
        private float _queue;
        private StepNumber? _loaded;
        private ImmutableArray<Amendment> _quarantined = [];

        public NumericProfile Prove(float[] room) => ProfileOf(behaviour.InstructionSetOf(node));

        public void Amend(ImmutableArray<Amendment> amendments)
        {
            Assert.Same(_thread, Thread.CurrentThread);
            _quarantined = [.. amendments.Where(amendment => amendment.Slot is not null)];
        }

        public void Load(ParameterVersion version)
        {
            Assert.Same(_thread, Thread.CurrentThread);
            version.CopyWeightsTo(_weights);
            version.CopyMomentumTo(_momentum);
            _queue = 0;
            for (int i = 0; i < version.Queue!.Image.Length; i++) _queue = _queue * 0.9f + version.Queue.Image.Span[i] - version.Queue.Text.Span[i] + version.Queue.Ids.Span[i / FeatureWidth] * 1e-4f;
            _loaded = version.Step;
        }

        public void Prepare(StepNumber step, int slot) => Assert.Same(_thread, Thread.CurrentThread);

        public SlotResult Compute(StepNumber step, int slot, float[] gradient, Action<long, long>? completed = null)
        {
            Assert.Same(_thread, Thread.CurrentThread);
            Assert.Equal(step, _loaded);
            behaviour.BeforeSlot?.Invoke(new FakeSlot(node, device, step.Value, slot));
            long[] samples = [.. Enumerable.Range(0, spec.SlotSize).Select(row => Sample(step.Value, slot, row))];
            if (samples.Contains(behaviour.Killer)) behaviour.Kill(new FakeSlot(node, device, step.Value, slot));
            behaviour.Computed.Add(new FakeSlot(node, device, step.Value, slot));
            float loss = 0;
            for (int i = 0; i < gradient.Length; i++)
            {
                float average = i < _momentum.Length ? _momentum[i] : 0;
                gradient[i] = 0.3f * _weights[i] + 0.1f * average + Noise(spec.Seed + step.Value, slot, i);
                loss += _weights[i] * _weights[i];
            }
            gradient[3] += _queue;
            gradient[4] += samples.Sum() * 1e-4f;
            if (behaviour.IsPoisoned(step.Value, slot)) gradient[7] = float.NaN;
            // The end comes first, as with a model whose image encoder is last in the vector; the beginning is never told of.
            if (gradient.Length > 10) completed?.Invoke(gradient.Length - 10, 10);
            if (gradient.Length > 20) completed?.Invoke(10, gradient.Length - 20);
            return new SlotResult
            {
                Losses = [new SlotLoss("fake", loss), .. behaviour.OtherLosses],
                Features = new SlotFeatures
                {
                    Images = Enumerable.Range(0, spec.SlotSize * FeatureWidth).Select(i => _weights[i] + slot).ToArray(),
                    Texts = Enumerable.Range(0, spec.SlotSize * FeatureWidth).Select(i => _momentum[i] * slot).ToArray(),
                    Ids = Enumerable.Range(0, spec.SlotSize).Select(i => step.Value * 100 + slot * 10 + i).ToArray(),
                },
                SampleIds = [.. Enumerable.Range(0, spec.SlotSize).Select(i => (long)(slot * spec.SlotSize + i))],
            };
        }

        private long Sample(long step, int slot, int row)
        {
            var others = _quarantined.Where(other => other.From.Value < step || (other.From.Value == step && other.Slot == slot))
                .SelectMany(other => Enumerable.Range(0, spec.SlotSize).Select(i => Position(other.From.Value, other.Slot!.Value, i) % spec.SampleCount)).ToHashSet();
            long sample = Position(step, slot, row) % spec.SampleCount;
            while (others.Contains(sample)) sample = (sample * 3 + 50) % spec.SampleCount;
            return sample;
        }

        private long Position(long step, int slot, int row) => (step * spec.SlotCount + slot) * spec.SlotSize + row;

        public void Dispose()
        {
            Assert.Same(_thread, Thread.CurrentThread);
            Interlocked.Decrement(ref behaviour.LivingComputers);
        }
    }
}

/// <summary>Which slot is being computed where.</summary>
internal sealed record FakeSlot(string Node, int Device, long Step, int Slot);

/// <summary>How the fake models of all nodes behave, and what they did.</summary>
internal sealed class FakeBehaviour
{
    private readonly TaskCompletionSource _secondComputer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int LivingComputers;

    /// <summary>Ends when two computers live at once for the first time.</summary>
    public Task SecondComputer => _secondComputer.Task;

    public string? CreateProblem { get; set; }

    public Func<string, string> InstructionSetOf { get; set; } = _ => "C#";

    public Action<FakeSlot>? BeforeSlot { get; set; }

    public Func<long, int, bool> IsPoisoned { get; set; } = (_, _) => false;

    /// <summary>What every slot loses besides.</summary>
    public ImmutableArray<SlotLoss> OtherLosses { get; set; } = [];

    /// <summary>The sample at which devices fail.</summary>
    public long Killer { get; set; } = -1;

    /// <summary>What happens at it.</summary>
    public Action<FakeSlot> Kill { get; set; } = _ => { };

    public ConcurrentBag<FakeSlot> Computed { get; } = [];

    public void ReachTwoComputers() => _secondComputer.TrySetResult();
}
