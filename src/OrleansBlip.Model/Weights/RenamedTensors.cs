namespace OrleansBlip.Model.Weights;

/// <summary>The tensors of another source under other names.</summary>
public sealed class RenamedTensors : ITensorSource
{
    private readonly ITensorSource _source;
    private readonly Dictionary<string, string> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorDescriptor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Renames each tensor; the source is disposed with this.</summary>
    /// <exception cref="InvalidDataException">Two tensors get one name.</exception>
    public RenamedTensors(ITensorSource source, Func<string, string> nameOf)
    {
        _source = source;
        foreach (var (stored, tensor) in source.Tensors)
        {
            var name = nameOf(stored);
            if (!_tensors.TryAdd(name, tensor)) throw new InvalidDataException($"'{source.Path}': tensors '{_stored[name]}' and '{stored}' are both '{name}'.");
            _stored.Add(name, stored);
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
