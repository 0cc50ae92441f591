using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Faults;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;
using TorchSharp;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>A BLIP model on one device: loads a slot's batch, computes its objectives, hands its gradient over.</summary>
internal sealed class BlipSlotComputer : ISlotComputer
{
    private readonly NodeRun _run;
    private readonly Composition _composition;
    private readonly torch.Device _place;
    private readonly NodeParameters _parameters;
    private readonly BatchLoader _loader;
    private readonly SpecialTokens _special;
    private readonly ScheduleSpec _alpha;
    private readonly RunLength _length;
    private readonly ulong _seed;
    private readonly Action _onDispose;
    private BlipModel? _model;
    private Quarantine? _quarantine;
    private (ViewNumber, StepNumber)? _version;
    private (long Step, int Slot, Task<SlotBatch> Batch)? _prepared;

    public BlipSlotComputer(RunSpec spec, NodeRun run, torch.Device place, Action onDispose)
    {
        _run = run;
        _parameters = run.ParametersOn(place);
        _composition = Families.Compose(ModelSpec.FromJson(spec.Model));
        _place = place;
        _loader = run.Loader;
        var vocabulary = run.Tokenizer.Vocabulary;
        _special = vocabulary.Framing();
        _alpha = TrainingSettings.FromJson(spec.Optimizer).Alpha;
        _length = new RunLength { Steps = spec.Steps, StepsPerEpoch = spec.StepsPerEpoch };
        _seed = (ulong)spec.Seed;
        _onDispose = onDispose;
    }

    public NumericProfile Prove(float[] room) => _run.ProfileOf(_place, () =>
    {
        var profile = ProveOnce(room);
        LargeGarbage.Collect(room.Length);
        return profile;
    });

    public void Amend(ImmutableArray<Amendment> amendments)
    {
        _quarantine = _loader.Quarantine([.. amendments.Where(amendment => amendment.Slot is not null).Select(amendment => new SlotPlace(amendment.From.Value, amendment.Slot!.Value))]);
        _prepared = null;
    }

    public void Load(ParameterVersion version)
    {
        _parameters.Load(version);
        _version = (version.View, version.Step);
    }

    public void Prepare(StepNumber step, int slot)
    {
        // Run here, on the device's thread; the task keeps the batch, or the failure for whoever asks for the batch.
        var batch = new Task<SlotBatch>(() => _loader.Load(step.Value, slot, _quarantine));
        batch.RunSynchronously();
        _prepared = (step.Value, slot, batch);
    }

    public SlotResult? Compute(StepNumber step, int slot, float[] gradient, Action<long, long>? completed = null)
    {
        var loaded = Take(step.Value, slot);
        Failpoints.Pass(loaded.ImageIds);
        return _parameters.With(_version, (values, queue, arrival) =>
        {
            _model ??= new BlipModel(_composition, values);
            _model.Read(values, arrival);
            return Compute(_model, step, slot, loaded, queue, gradient, completed);
        });
    }

    public void Dispose()
    {
        _model?.Dispose();
        _onDispose();
    }

    private NumericProfile ProveOnce(float[] room)
    {
        // Apart from what other devices may be reading.
        using var values = _parameters.NewValues();
        using var model = new BlipModel(_composition, values);
        model.Initialize(_seed);
        var result = Compute(model, new StepNumber(0), slot: 0, _loader.Load(0, 0), queue: null, room);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(MemoryMarshal.AsBytes(room.AsSpan()));
        foreach (var loss in result.Losses) sha.AppendData(BitConverter.GetBytes(loss.Value));
        return new NumericProfile
        {
            Library = Arithmetic.Library,
            InstructionSet = Arithmetic.InstructionSetOf(_place),
            ThreadsPerDevice = torch.get_num_threads(),
            Decoder = ImageDecoder.Version,
            Variables = Arithmetic.VariablesOf(_place),
            Attention = Arithmetic.AttentionOf(_place.type),
            Build = Arithmetic.Build,
            CanarySha256 = Convert.ToHexStringLower(sha.GetHashAndReset()),
        };
    }

    private SlotResult Compute(BlipModel model, StepNumber step, int slot, SlotBatch loaded, QueueTensors? queue, float[] gradient, Action<long, long>? completed = null)
    {
        using var scope = torch.NewDisposeScope();
        var side = loaded.ImageSize;
        var batch = new StepBatch(
            torch.tensor(loaded.Images).view(loaded.ImagesPerSample * loaded.Size, 3, side, side),
            torch.tensor(loaded.TokenIds).view(loaded.Size, loaded.TokenCount),
            torch.tensor(loaded.AttentionMask).view(loaded.Size, loaded.TokenCount),
            torch.tensor(loaded.ImageIds),
            _special)
        {
            Answers = loaded.Answers is { } answers ? AnswersOf(answers) : null,
            Context = loaded.Context is { } context ? ContextOf(context, loaded.Size) : null,
            Labels = loaded.Labels is { } labels ? torch.tensor(labels) : null,
        };
        var outcome = model.Step(batch, new StepSettings { Alpha = _alpha.At(step.Value, _length), Queue = queue, Random = new SlotRandom(_seed, step.Value, slot) }, gradient, completed);
        return new SlotResult
        {
            Losses = [.. outcome.Losses.Select(loss => new SlotLoss(loss.Key, loss.Value))],
            Features = outcome.ImageFeatures.Length == 0 ? null : new() { Images = outcome.ImageFeatures, Texts = outcome.TextFeatures, Ids = loaded.ImageIds },
            SampleIds = [.. loaded.Pairs],
        };
    }

    private static AnswerBatch AnswersOf(SlotAnswers answers)
    {
        var (count, length) = (answers.Weights.Length, answers.Tokens.Length);
        return new AnswerBatch(
            torch.tensor(answers.Tokens.Ids).view(count, length), torch.tensor(answers.Tokens.Mask).view(count, length), torch.tensor(answers.Weights), torch.tensor(answers.Questions));
    }

    private static ContextBatch ContextOf(TokenBatch captions, int count) =>
        new(torch.tensor(captions.Ids).view(count, captions.Length), torch.tensor(captions.Mask).view(count, captions.Length));

    private SlotBatch Take(long step, int slot)
    {
        // Another slot's batch is kept: its turn may come with the trainer's next lease.
        if (_prepared is not { } prepared || prepared.Step != step || prepared.Slot != slot) return _loader.Load(step, slot, _quarantine);
        _prepared = null;
        return prepared.Batch.GetAwaiter().GetResult();
    }
}
