using System.Text.Json;
using OrleansBlip.Data;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>Builds BLIP models for runs. Devices of one node share a run's data and parameters.</summary>
public sealed class BlipSlotComputerFactory : ISlotComputerFactory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, NodeRun> _runs = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public RunModel Describe(RunRequest request) => Refusing(() =>
    {
        var spec = ModelSpec.FromJson(request.Spec.Model);
        var composition = Families.Compose(spec);
        return new RunModel
        {
            Layout = BlipModel.LayoutOf(composition),
            Optimizer = TrainingSettings.FromJson(request.Spec.Optimizer).Optimizer,
            QueueCapacity = composition.Momentum.IsEmpty ? 0 : spec.QueueSize,
            QueueWidth = spec.FeatureWidth,
        };
    });

    /// <inheritdoc/>
    public InitialParameters CreateInitial(RunRequest request) => Refusing(() =>
    {
        using var model = new BlipModel(Families.Compose(ModelSpec.FromJson(request.Spec.Model)));
        model.Initialize((ulong)request.Spec.Seed);
        if (RunSources.FromJson(request.Sources).InitialModel is { } path)
        {
            var folder = ModelFolder.Open(path);
            if (folder.WeightsSha256 != request.Spec.InitialWeightsSha256)
                throw new RunRefusedException($"'{path}' has weights {folder.WeightsSha256}, the run was made to start from {request.Spec.InitialWeightsSha256}.");
            folder.LoadInto(model);
        }
        return new InitialParameters { Weights = model.Weights.data<float>().ToArray(), Momentum = model.Momentum.data<float>().ToArray() };
    });

    /// <inheritdoc/>
    public ISlotComputer Create(RunRequest request, int device) => Refusing(() =>
    {
        var run = Share(request);
        try
        {
            return new BlipSlotComputer(request.Spec, run, () => Release(request.Spec.Identity));
        }
        catch
        {
            Release(request.Spec.Identity);
            throw;
        }
    });

    private static T Refusing<T>(Func<T> build)
    {
        try
        {
            return build();
        }
        catch (Exception error) when (error is JsonException or ArgumentException or CompositionException or DatasetException or InvalidDataException or IOException)
        {
            throw new RunRefusedException(error.Message);
        }
    }

    private NodeRun Share(RunRequest request)
    {
        lock (_lock)
        {
            if (!_runs.TryGetValue(request.Spec.Identity, out var run)) _runs.Add(request.Spec.Identity, run = new NodeRun(request.Spec, RunSources.FromJson(request.Sources)));
            run.Users++;
            return run;
        }
    }

    private void Release(string identity)
    {
        lock (_lock)
        {
            var run = _runs[identity];
            if (--run.Users > 0) return;
            _runs.Remove(identity);
            run.Dispose();
        }
    }
}
