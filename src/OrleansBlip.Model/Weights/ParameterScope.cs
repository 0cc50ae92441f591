using System.Collections.Immutable;
using OrleansBlip.Model.Compositions;

namespace OrleansBlip.Model.Weights;

/// <summary>
/// Where a module declares its tensors, under a prefix of names. The scope decides whether a name is a tensor of its own, another module's (sharing)
/// or a moving average (momentum); the module does not know.
/// </summary>
public sealed class ParameterScope
{
    private readonly ParameterTable _table;
    private readonly string _prefix;
    private readonly Func<string, string>? _resolve;
    private readonly bool _momentum;

    internal ParameterScope(ParameterTable table, string prefix, Func<string, string>? resolve = null, bool momentum = false)
    {
        _table = table;
        _prefix = prefix;
        _resolve = resolve;
        _momentum = momentum;
    }

    /// <summary>The scope of a part: names below <paramref name="name"/>.</summary>
    public ParameterScope Child(string name) => new(_table, _prefix.Length == 0 ? name : $"{_prefix}.{name}", _resolve, _momentum);

    /// <summary>Declares a tensor, or returns the one that the composition shares under this name.</summary>
    /// <exception cref="CompositionException">The shared tensor has another shape.</exception>
    public ModelParameter Declare(string name, ReadOnlySpan<long> shape, Initializer initializer, (double Lower, double Upper)? bounds = null)
    {
        var full = Full(name);
        if (_momentum) return _table.DeclareMomentum(full, _resolve!(full), shape.ToImmutableArray());
        return _table.Declare(full, _resolve?.Invoke(full) ?? full, shape.ToImmutableArray(), initializer, bounds);
    }

    /// <summary>Makes <paramref name="name"/> another name of a tensor that the module already holds (the LM head's matrix is the word embedding).</summary>
    public void Alias(string name, ModelParameter parameter) => _table.Alias(Full(name), parameter);

    private string Full(string name) => _prefix.Length == 0 ? name : $"{_prefix}.{name}";
}
