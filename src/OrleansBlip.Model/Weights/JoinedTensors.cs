namespace OrleansBlip.Model.Weights;

/// <summary>The tensors of several files as one source: a model that was saved in shards.</summary>
public sealed class JoinedTensors : ITensorSource
{
    private readonly IReadOnlyList<ITensorSource> _files;
    private readonly Dictionary<string, ITensorSource> _fileOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorDescriptor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Joins files, which are disposed with this.</summary>
    /// <param name="path">What they are called together.</param>
    /// <param name="files">The files.</param>
    /// <exception cref="InvalidDataException">Two of them hold a tensor of one name.</exception>
    public JoinedTensors(string path, IReadOnlyList<ITensorSource> files)
    {
        Path = path;
        _files = files;
        foreach (var file in files)
            foreach (var (name, tensor) in file.Tensors)
            {
                if (!_fileOf.TryAdd(name, file)) throw new InvalidDataException($"Tensor '{name}' is in '{_fileOf[name].Path}' and in '{file.Path}'.");
                _tensors.Add(name, tensor);
            }
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorDescriptor> Tensors => _tensors;

    /// <inheritdoc/>
    public void ReadBytes(string name, long firstByte, Span<byte> destination)
    {
        this.Describe(name);
        _fileOf[name].ReadBytes(name, firstByte, destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }
}
