namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>
/// A checkpoint as <c>torch.save</c> writes it, or wrote it before PyTorch 1.6. The tensors are those of the member <c>model</c> or <c>state_dict</c>, where there is one, or of
/// the whole. Nothing in it is executed. Used by one thread at a time.
/// </summary>
public sealed class PyTorchFile : ITensorSource
{
    private static readonly string[] Roots = ["model", "state_dict"];

    private readonly ICheckpointContainer _container;
    private readonly Dictionary<string, PickledTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorDescriptor> _descriptors = new(StringComparer.Ordinal);

    private PyTorchFile(string path, ICheckpointContainer container)
    {
        Path = path;
        _container = container;
        foreach (var (key, value) in TensorsOf(container.ReadRoot())) Add((string)key, value);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorDescriptor> Tensors => _descriptors;

    /// <summary>Opens a file and checks it: its storages must be there and as long as the tensors demand.</summary>
    /// <exception cref="PyTorchFileException">It is damaged, or holds something else than tensors and plain values.</exception>
    public static PyTorchFile Open(string path)
    {
        var stream = File.OpenRead(path);
        ICheckpointContainer? container = null;
        try
        {
            var head = new byte[StreamedCheckpoint.MagicByteCount];
            var isStreamed = StreamedCheckpoint.Begins(head.AsSpan(0, stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)));
            container = isStreamed ? new StreamedCheckpoint(path, stream) : new ZippedCheckpoint(path, stream);
            return new PyTorchFile(path, container);
        }
        catch
        {
            container?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void ReadBytes(string name, long firstByte, Span<byte> destination)
    {
        var descriptor = this.Describe(name);
        if (firstByte < 0 || firstByte + destination.Length > descriptor.ByteCount)
            throw new ArgumentOutOfRangeException(nameof(firstByte), firstByte, $"Tensor '{name}' of '{Path}' has {descriptor.ByteCount} bytes; {destination.Length} were asked for.");
        var tensor = _tensors[name];
        if (tensor.IsContiguous) _container.Read(tensor.Storage, descriptor.FirstByte + firstByte, destination);
        else Gather(tensor).AsSpan((int)firstByte, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _container.Dispose();

    private static IEnumerable<KeyValuePair<object, object?>> TensorsOf(object? root)
    {
        var dictionary = root as Dictionary<object, object?> ?? [];
        var inner = Roots.Select(name => dictionary.GetValueOrDefault(name)).OfType<Dictionary<object, object?>>().FirstOrDefault();
        return (inner ?? dictionary).Where(pair => pair is { Key: string, Value: PickledTensor });
    }

    private void Add(string name, object? value)
    {
        var tensor = (PickledTensor)value!;
        var (storage, size) = (tensor.Storage, tensor.Storage.Dtype.ElementBytes());
        var bytes = _container.ByteCountOf(storage) ?? throw new PyTorchFileException(Path, $"tensor '{name}' has no storage '{storage.Key}'.");
        if (bytes < storage.Length * size)
            throw new PyTorchFileException(Path, $"the storage '{storage.Key}' of tensor '{name}' has {bytes} bytes, it should have {storage.Length * size}.");
        _tensors.Add(name, tensor);
        _descriptors.Add(name, new TensorDescriptor(storage.Dtype, [.. tensor.Shape], tensor.Offset * size, tensor.Count * size));
    }

    private byte[] Gather(PickledTensor tensor)
    {
        var size = tensor.Storage.Dtype.ElementBytes();
        var source = new byte[(tensor.End - tensor.Offset) * size];
        _container.Read(tensor.Storage, tensor.Offset * size, source);
        var gathered = new byte[tensor.Count * size];
        var index = new long[tensor.Shape.Length];
        for (long element = 0; element < tensor.Count; element++)
        {
            long place = 0;
            for (var axis = 0; axis < index.Length; axis++) place += index[axis] * tensor.Strides[axis];
            source.AsSpan((int)(place * size), size).CopyTo(gathered.AsSpan((int)(element * size)));
            for (var axis = index.Length - 1; axis >= 0 && ++index[axis] == tensor.Shape[axis]; axis--) index[axis] = 0;
        }
        return gathered;
    }
}
