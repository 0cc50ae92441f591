using System.Text.Json;
using OrleansBlip.Data;
using OrleansBlip.Data.Sources;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Optimization;
using OrleansBlip.Protocol.Runs;
using TorchSharp;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>Builds BLIP models for runs. Devices of one process share a run's data and parameters.</summary>
public sealed class BlipSlotComputerFactory : ISlotComputerFactory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(RunId Run, string Spec), NodeRun> _runs = [];
    private readonly HashSet<SourceProblem> _undecodable = [];

    /// <inheritdoc/>
    public IReadOnlyCollection<SourceProblem> Undecodable
    {
        get
        {
            lock (_lock) return [.. _undecodable.Union(_runs.Values.SelectMany(run => run.Loader.Undecodable))];
        }
    }

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
    public ISlotComputer Create(RunId run, RunRequest request, int device, torch.Device place) => Refusing(() =>
    {
        var key = (run, request.Spec.Identity);
        var shared = Share(key, request);
        try
        {
            return new BlipSlotComputer(request.Spec, shared, place, () => Release(key));
        }
        catch
        {
            Release(key);
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

    private NodeRun Share((RunId, string) key, RunRequest request)
    {
        lock (_lock)
        {
            if (!_runs.TryGetValue(key, out var run)) _runs.Add(key, run = NodeRun.Open(request.Spec, RunSources.FromJson(request.Sources)));
            run.Users++;
            return run;
        }
    }

    private void Release((RunId, string) key)
    {
        lock (_lock)
        {
            var run = _runs[key];
            if (--run.Users > 0) return;
            _runs.Remove(key);
            _undecodable.UnionWith(run.Loader.Undecodable);
            run.Dispose();
        }
    }
}
