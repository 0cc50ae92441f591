using System.Runtime.InteropServices;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model;

/// <summary>
/// A built composition on one device. Weights and momentum copies are two flat tensors into which every parameter is a view, so a version is
/// loaded by two copies, or by reading it where it lies, and models of several devices may read the same. Not thread-safe: one device, one thread.
/// </summary>
public sealed class BlipModel : IDisposable
{
    /// <summary>A shard's versions take turns between two arrays.</summary>
    private const int ValuesKept = 2;

    private readonly Dictionary<string, BuiltPart> _parts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BuiltPart> _momentumParts = new(StringComparer.Ordinal);
    private readonly List<(Objective Spec, BuiltObjective Built)> _objectives = [];
    private readonly ParameterTable _table = new();
    private readonly Dictionary<ModelParameter, ParameterEntry> _entries = [];
    private readonly List<ParameterViews> _views = [];
    private readonly FlatParameters? _owned;

    /// <summary>Builds <paramref name="composition"/> with all weights zero: load or initialise them.</summary>
    /// <param name="composition">The model.</param>
    /// <param name="dtype">Of weights and arithmetic: float32, float64 for checks, bfloat16 on GPUs.</param>
    /// <param name="device">Where it runs; default: CPU.</param>
    /// <exception cref="CompositionException">The composition cannot work.</exception>
    public BlipModel(Composition composition, torch.ScalarType dtype = torch.ScalarType.Float32, torch.Device? device = null)
        : this(composition, layout => new FlatParameters(layout, dtype, device), ownsValues: true)
    {
    }

    /// <summary>Builds <paramref name="composition"/> over values that other models may read too; they stay the caller's.</summary>
    /// <exception cref="ArgumentException">The values are those of another layout.</exception>
    /// <exception cref="CompositionException">The composition cannot work.</exception>
    public BlipModel(Composition composition, FlatParameters values)
        : this(composition, _ => values, ownsValues: false)
    {
    }

    private BlipModel(Composition composition, Func<ParameterLayout, FlatParameters> values, bool ownsValues)
    {
        Composition = composition;
        Layout = Declare(composition, _table, _parts, _momentumParts, _objectives);
        using var scope = torch.NewDisposeScope();
        var first = values(Layout);
        if (ownsValues) _owned = first;
        Device = first.Weights.device;
        foreach (var (parameter, entry) in _table.Trained.Zip(Layout.Entries)) _entries.Add(parameter, entry);
        Read(first);
    }

    /// <summary>The record that it was built from.</summary>
    public Composition Composition { get; }

    /// <summary>The flat order of its tensors.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Where it computes; what it is given may be elsewhere and is taken there.</summary>
    public torch.Device Device { get; }

    /// <summary>All trained tensors, (P).</summary>
    public torch.Tensor Weights => _views[^1].Values.Weights;

    /// <summary>All momentum copies, (M).</summary>
    public torch.Tensor Momentum => _views[^1].Values.Momentum;

    /// <summary>The layout of a composition without building it on a device.</summary>
    /// <exception cref="CompositionException">The composition cannot work.</exception>
    public static ParameterLayout LayoutOf(Composition composition) => Declare(composition, new ParameterTable(), [], [], []);

    /// <summary>
    /// From now on computes with other values, which stay the caller's. The views into the values before these are kept, for a training that takes turns between two; those before them are freed.
    /// </summary>
    /// <param name="values">The values.</param>
    /// <param name="arrival">What to wait for before each is read; null where all of them are there.</param>
    /// <exception cref="ArgumentException">The values are those of another layout, or elsewhere.</exception>
    public void Read(FlatParameters values, IParameterArrival? arrival = null)
    {
        if (values.Weights.numel() != Layout.ElementCount || values.Momentum.numel() != Layout.MomentumElementCount)
            throw new ArgumentException($"{values.Weights.numel()} weights and {values.Momentum.numel()} momentum copies are not those of composition '{Composition.Name}', which has {Layout.ElementCount} and {Layout.MomentumElementCount}.", nameof(values));
        if (values.Weights.device.ToString() != Device.ToString()) throw new ArgumentException($"Values on {values.Weights.device} for a model on {Device}.", nameof(values));
        _table.Gate.Arrival = arrival;
        if (_views.Count > 0 && _views[^1].Values == values) return;
        var views = _views.Find(known => known.Values == values);
        if (views is null) views = new ParameterViews(values, _table, Layout);
        else _views.Remove(views);
        _views.Add(views);
        views.Bind(_table);
        while (_views.Count > ValuesKept)
        {
            _views[0].Dispose();
            _views.RemoveAt(0);
        }
    }

    /// <summary>A tensor by any of its names, momentum copies included; null when there is none.</summary>
    public torch.Tensor? Find(string name) => _table.Find(name)?.Tensor;

    internal IEnumerable<ModelParameter> Parameters => _table.Trained.Concat(_table.Trained.Select(_table.MomentumOf).OfType<ModelParameter>());

    internal torch.Tensor[] Losses(StepGraph graph) => [.. _objectives.Select(objective => objective.Built.Loss(graph))];

    internal ModelParameter? FindParameter(string name) => _table.Find(name);

    /// <summary>A built part.</summary>
    /// <exception cref="CompositionException">There is none of that name, or it is another kind of part.</exception>
    public T Part<T>(string name) where T : BuiltPart => _parts.GetValueOrDefault(name) as T
        ?? throw new CompositionException($"Composition '{Composition.Name}' has no {typeof(T).Name} named '{name}'.");

    /// <summary>A batch on its way through the model, for inference: values of parts without objectives.</summary>
    public StepGraph Run(StepBatch batch, StepSettings? settings = null) => new(batch.On(Device), settings ?? new StepSettings(), _parts, _momentumParts);

    /// <summary>Computes all objectives and the gradient of their weighted sum, which <see cref="Gradient"/> reads.</summary>
    /// <returns>The unweighted loss of each objective, and momentum features when there is a contrastive objective.</returns>
    public StepOutcome Step(StepBatch batch, StepSettings settings)
    {
        ClearGradient();
        return StepInto(batch, settings);
    }

    /// <summary>Computes all objectives, and the gradient of their weighted sum into an array, from which the model is free afterwards.</summary>
    /// <param name="batch">The samples.</param>
    /// <param name="settings">Schedules, queue and randomness.</param>
    /// <param name="gradient">Receives the gradient, (P); zero for what the step does not reach.</param>
    /// <param name="completed">
    /// Told the start and the length of each range of it, once, as soon as the backward pass changes the range no more; null where nobody wants to know.
    /// </param>
    public StepOutcome Step(StepBatch batch, StepSettings settings, float[] gradient, Action<long, long>? completed = null)
    {
        if (gradient.Length != Layout.ElementCount) throw new ArgumentException($"Room for {gradient.Length} elements for a gradient of {Layout.ElementCount}.", nameof(gradient));
        using var scope = torch.NewDisposeScope();
        // Backward adds to what is there: sums are made in one flat tensor, on the CPU in the array itself, and a large model has no second room for them.
        bool isInPlace = Device.type == DeviceType.CPU && Weights.dtype == torch.ScalarType.Float32;
        if (isInPlace) gradient.AsSpan().Clear();
        var flat = isInPlace ? torch.frombuffer(gradient, torch.ScalarType.Float32) : Weights.zeros_like();
        try
        {
            foreach (var (parameter, entry) in _entries) parameter.Place.grad = flat.narrow(0, entry.Offset, entry.Length).view([.. entry.Shape]);
            if (isInPlace) return StepInto(batch, settings, completed);
            var outcome = StepInto(batch, settings, completed is null ? null : (start, length) =>
            {
                Copy(start, length);
                completed(start, length);
            });
            if (completed is null) Copy(0, gradient.Length);
            return outcome;
        }
        finally
        {
            ClearGradient();
        }

        void Copy(long start, long length)
        {
            using var part = torch.NewDisposeScope();
            var values = flat.narrow(0, start, length).to(torch.ScalarType.Float32).cpu();
            MemoryMarshal.Cast<byte, float>(values.bytes).CopyTo(gradient.AsSpan((int)start, (int)length));
        }
    }

    /// <summary>The gradient of the last step, (P), a new tensor; zero for what the step did not reach.</summary>
    public torch.Tensor Gradient()
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        return torch.cat([.. _table.Trained.Select(parameter => (parameter.Place.grad ?? parameter.Place.zeros_like()).reshape(-1))]).MoveToOuterDisposeScope();
    }

    internal void ClearGradient()
    {
        foreach (var parameter in _table.Trained) parameter.Place.grad = null;
    }

    /// <summary>Fills weights by their initializers, each tensor's randomness keyed by (seed, name); momentum copies start equal.</summary>
    public void Initialize(ulong seed)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        foreach (var parameter in _table.Trained)
        {
            parameter.Tensor.copy_(Initialization.Values(parameter, seed));
            if (_table.MomentumOf(parameter) is { } copy) copy.Tensor.copy_(parameter.Tensor);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var views in _views) views.Dispose();
        _owned?.Dispose();
    }

    // Adds the gradient to what the parameters' gradients hold.
    private StepOutcome StepInto(StepBatch batch, StepSettings settings, Action<long, long>? completed = null)
    {
        using var scope = torch.NewDisposeScope();
        var pieces = new Stack<BackwardPiece>();
        var graph = new StepGraph(batch.On(Device), settings, _parts, _momentumParts, pieces);
        var losses = Losses(graph);
        torch.Tensor? total = null;
        for (var i = 0; i < losses.Length; i++)
        {
            var weighted = _objectives[i].Spec.Weight == 1 ? losses[i] : losses[i].Times(_objectives[i].Spec.Weight);
            total = total is null ? weighted : total.Plus(weighted);
        }
        if (total is null) throw new CompositionException($"Composition '{Composition.Name}' has no objective to train by.");
        // What is told of the gradient from here on goes to others.
        _table.Gate.Arrival?.AwaitAll();
        total.backward();
        Finish(pieces, completed);
        return StepOutcome.Read(_objectives.Select(objective => objective.Spec), losses, total, graph);
    }

    // Runs the pieces that modules have cut off, and tells what is complete.
    private void Finish(Stack<BackwardPiece> pieces, Action<long, long>? completed)
    {
        if (completed is null)
        {
            while (pieces.TryPop(out var last)) last.Run();
            return;
        }
        var open = pieces.SelectMany(piece => piece.Parameters).CountBy(parameter => parameter).ToDictionary();
        Tell(_table.Trained.Where(parameter => !open.ContainsKey(parameter)));
        while (pieces.TryPop(out var piece))
        {
            piece.Run();
            Tell(piece.Parameters.Where(parameter => --open[parameter] == 0));
        }

        void Tell(IEnumerable<ModelParameter> parameters)
        {
            foreach (var parameter in parameters) completed(_entries[parameter].Offset, _entries[parameter].Length);
        }
    }

    private static ParameterLayout Declare(
        Composition composition, ParameterTable table, Dictionary<string, BuiltPart> parts, Dictionary<string, BuiltPart> momentumParts, List<(Objective, BuiltObjective)> objectives)
    {
        composition.Validate();
        foreach (var objective in composition.Objectives) objectives.Add((objective, objective.Build(new ParameterScope(table, ""))));
        foreach (var part in composition.Parts) parts.Add(part.Name, part.Build(new ParameterScope(table, part.Name, Resolver(composition, part)), composition));
        foreach (var name in composition.Momentum)
        {
            var copy = name + "_m";
            momentumParts.Add(name, composition[name].Build(new ParameterScope(table, copy, full => name + full[copy.Length..], momentum: true), composition));
        }
        return table.Layout();
    }

    private static Func<string, string>? Resolver(Composition composition, Part part)
    {
        if (part.Shares is not { } sharing) return null;
        string own = part.SharedPrefix + ".", owner = composition[sharing.With].SharedPrefix + ".";
        return full => full.StartsWith(own, StringComparison.Ordinal) && sharing.Covers(full[own.Length..]) ? owner + full[own.Length..] : full;
    }
}
