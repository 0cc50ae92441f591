using System.Collections.Immutable;
using OrleansBlip.Model.Compositions;

namespace OrleansBlip.Model.Weights;

/// <summary>All tensors that the modules of one composition declared, and the flat layout that follows from them.</summary>
internal sealed class ParameterTable
{
    private readonly List<ModelParameter> _trained = [];
    private readonly Dictionary<string, ModelParameter> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<ModelParameter, ModelParameter> _momentumOf = [];
    private readonly Dictionary<ModelParameter, List<string>> _aliases = [];

    public IReadOnlyList<ModelParameter> Trained => _trained;

    public ArrivalGate Gate { get; } = new();

    public ModelParameter? MomentumOf(ModelParameter trained) => _momentumOf.GetValueOrDefault(trained);

    public ModelParameter? Find(string name) => _byName.GetValueOrDefault(name);

    public ModelParameter Declare(string name, string canonical, ImmutableArray<long> shape, Initializer initializer, (double, double)? bounds)
    {
        if (canonical != name && _byName.TryGetValue(canonical, out var shared))
        {
            RequireShape(name, shape, shared);
            Alias(name, shared);
            return shared;
        }
        if (canonical != name) throw new CompositionException($"'{name}' shares '{canonical}', which no module declares. List the owner before the module that shares with it.");
        if (_byName.ContainsKey(name)) throw new CompositionException($"Two modules declare '{name}'. Give them different names, or let one share with the other.");
        var parameter = new ModelParameter(name, shape, initializer, online: null, Gate) { Bounds = bounds };
        _trained.Add(parameter);
        _byName.Add(name, parameter);
        return parameter;
    }

    public ModelParameter DeclareMomentum(string name, string onlineName, ImmutableArray<long> shape)
    {
        var online = _byName.GetValueOrDefault(onlineName)
            ?? throw new CompositionException($"Momentum tensor '{name}' follows '{onlineName}', which no module declares.");
        RequireShape(name, shape, online);
        if (_momentumOf.TryGetValue(online, out var existing))
        {
            Alias(name, existing);
            return existing;
        }
        var parameter = new ModelParameter(name, shape, online.Initializer, online, Gate);
        _momentumOf.Add(online, parameter);
        _byName.Add(name, parameter);
        return parameter;
    }

    public void Alias(string name, ModelParameter parameter)
    {
        if (!_byName.TryAdd(name, parameter)) return;
        if (!_aliases.TryGetValue(parameter, out var names)) _aliases.Add(parameter, names = []);
        names.Add(name);
    }

    public ParameterLayout Layout()
    {
        var entries = ImmutableArray.CreateBuilder<ParameterEntry>(_trained.Count);
        long offset = 0, momentumOffset = 0;
        foreach (var parameter in _trained)
        {
            var momentum = MomentumOf(parameter);
            entries.Add(new ParameterEntry
            {
                Name = parameter.Name,
                Shape = parameter.Shape,
                Offset = offset,
                Length = parameter.Length,
                MomentumOffset = momentum is null ? -1 : momentumOffset,
                MomentumName = momentum?.Name,
                Aliases = _aliases.TryGetValue(parameter, out var names) ? [.. names.Order(StringComparer.Ordinal)] : [],
                Bounds = parameter.Bounds,
            });
            offset += parameter.Length;
            if (momentum is not null) momentumOffset += parameter.Length;
        }
        return new ParameterLayout(entries.MoveToImmutable());
    }

    private static void RequireShape(string name, ImmutableArray<long> shape, ModelParameter other)
    {
        if (!shape.AsSpan().SequenceEqual(other.Shape.AsSpan()))
            throw new CompositionException($"'{name}' [{string.Join(", ", shape)}] cannot share '{other.Name}' [{string.Join(", ", other.Shape)}]: their shapes differ.");
    }
}
