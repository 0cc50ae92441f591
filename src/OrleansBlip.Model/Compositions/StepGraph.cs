using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Text;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>
/// One batch on its way through a model. Values of parts, image memories and results of objectives are computed when first asked for and kept for all
/// that ask later, so that each module runs once a step.
/// </summary>
public sealed class StepGraph
{
    private readonly IReadOnlyDictionary<string, BuiltPart> _parts;
    private readonly IReadOnlyDictionary<string, BuiltPart> _momentumParts;
    private readonly Dictionary<object, object> _kept = [];
    private readonly Stack<BackwardPiece>? _afterBackward;

    // afterBackward: given by who runs a backward pass and then what it has collected, last in first out; null: modules keep all activations.
    internal StepGraph(
        StepBatch batch, StepSettings settings, IReadOnlyDictionary<string, BuiltPart> parts, IReadOnlyDictionary<string, BuiltPart> momentumParts,
        Stack<BackwardPiece>? afterBackward = null, bool momentum = false)
    {
        Batch = batch;
        Settings = settings;
        _parts = parts;
        _momentumParts = momentumParts;
        Momentum = momentum ? this : new StepGraph(batch, settings, parts, momentumParts, momentum: true);
        _afterBackward = afterBackward;
    }

    /// <summary>The samples.</summary>
    public StepBatch Batch { get; }

    /// <summary>Schedules, queue and randomness of the step.</summary>
    public StepSettings Settings { get; }

    /// <summary>The same batch through the momentum copies, where there are some; evaluate it without gradient.</summary>
    public StepGraph Momentum { get; }

    /// <summary>A run of modules under a name, with the step's randomness.</summary>
    public Pass Pass(string name) => new(Momentum == this ? name + "_m" : name, Settings.Random, Settings.Observe is null ? null : Observed(name))
    {
        AfterBackward = _afterBackward is null ? null : _afterBackward.Push,
    };

    /// <summary>The built part of a name: the momentum copy in the momentum graph when there is one.</summary>
    public T Part<T>(string name) where T : BuiltPart =>
        (Momentum == this && _momentumParts.TryGetValue(name, out var copy) ? copy : _parts[name]) as T
        ?? throw new CompositionException($"Part '{name}' is {_parts[name].GetType().Name}, not {typeof(T).Name}.");

    /// <summary>The value of a part for this batch.</summary>
    public torch.Tensor Value(string name) => Keep(name, () => Part<BuiltPart>(name).Evaluate(this));

    /// <summary>The first token of a part's value, (B, D): [CLS]. It need not cost the value, which an objective that asks for it beside this runs anew.</summary>
    public torch.Tensor First(string name) => Keep((name, "first"), () => Part<BuiltPart>(name).EvaluateFirst(this) ?? Value(name).select(1, 0));

    /// <summary>Computes something once: later calls with an equal key return the first result.</summary>
    public T Keep<T>(object key, Func<T> compute) where T : notnull
    {
        if (_kept.TryGetValue(key, out var kept)) return (T)kept;
        var result = compute();
        _kept.Add(key, result);
        return result;
    }

    // Transformers that share cross-attention share the projected image.
    internal ImageMemory Memory(TextTransformer transformer, string? source)
    {
        if (source is null || transformer.CrossAttentionKey is null) throw new CompositionException("A text encoder without an image is asked to look at one. Set its Image.");
        return Keep((transformer.CrossAttentionKey, source), () =>
        {
            var (tokens, mask) = Part<BuiltPart>(source).Seen(this, source);
            return transformer.Remember(tokens, mask);
        });
    }

    private Action<string, torch.Tensor> Observed(string pass) => (site, value) => Settings.Observe!($"{(Momentum == this ? pass + "_m" : pass)}/{site}", value);
}
