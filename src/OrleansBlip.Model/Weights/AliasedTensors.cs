using System.Collections.Immutable;

namespace OrleansBlip.Model.Weights;

/// <summary>The tensors of a source under all names that a layout gives them, where the source holds tied ones once.</summary>
public sealed class AliasedTensors : ITensorSource
{
    private readonly ITensorSource _source;
    private readonly Dictionary<string, string> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorDescriptor> _tensors;

    /// <summary>Adds the names; the source is disposed with this.</summary>
    public AliasedTensors(ITensorSource source, ParameterLayout layout)
    {
        _source = source;
        _tensors = source.Tensors.ToDictionary(StringComparer.Ordinal);
        foreach (var entry in layout.Entries)
        {
            ImmutableArray<string> names = [entry.Name, .. entry.Aliases];
            if (names.FirstOrDefault(source.Tensors.ContainsKey) is not { } held) continue;
            foreach (var name in names)
                if (_tensors.TryAdd(name, source.Tensors[held])) _stored.Add(name, held);
        }
    }

    /// <inheritdoc/>
    public string Path => _source.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorDescriptor> Tensors => _tensors;

    /// <inheritdoc/>
    public void ReadBytes(string name, long firstByte, Span<byte> destination) => _source.ReadBytes(_stored.GetValueOrDefault(name, name), firstByte, destination);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
