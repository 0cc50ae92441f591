using System.IO.Compression;

namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>
/// A checkpoint as <c>torch.save</c> writes it since PyTorch 1.6: a zip of a pickle and of storages. The tensors are those of the member <c>model</c> or
/// <c>state_dict</c>, where there is one, or of the whole. Nothing in it is executed. Used by one thread at a time.
/// </summary>
public sealed class PyTorchFile : ITensorSource
{
    private const long PickleBytesMax = 64 << 20;

    private static readonly string[] Roots = ["model", "state_dict"];

    private readonly ZipArchive _zip;
    private readonly string _folder;
    private readonly Dictionary<string, PickledTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorDescriptor> _descriptors = new(StringComparer.Ordinal);

    private PyTorchFile(string path, ZipArchive zip)
    {
        Path = path;
        _zip = zip;
        var pickle = zip.Entries.FirstOrDefault(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal))
            ?? throw new PyTorchFileException(path, "it holds no data.pkl.");
        _folder = pickle.FullName[..^"data.pkl".Length];
        if (pickle.Length > PickleBytesMax) throw new PyTorchFileException(path, $"its data.pkl has {pickle.Length} bytes, the limit is {PickleBytesMax}.");
        if (ReadText("byteorder") is { } order && order != "little") throw new PyTorchFileException(path, $"its byte order is '{order}', only little-endian files are read.");
        var bytes = new byte[pickle.Length];
        using (var stream = pickle.Open()) stream.ReadExactly(bytes);
        foreach (var (key, value) in TensorsOf(new PickleReader(bytes, path).Read())) Add((string)key, value);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorDescriptor> Tensors => _descriptors;

    /// <summary>Opens a file and checks it: its storages must be there and as long as the tensors demand.</summary>
    /// <exception cref="PyTorchFileException">It is damaged, of the format before PyTorch 1.6, or holds something else than tensors and plain values.</exception>
    public static PyTorchFile Open(string path)
    {
        var stream = File.OpenRead(path);
        ZipArchive? zip = null;
        try
        {
            zip = new ZipArchive(stream, ZipArchiveMode.Read);
            return new PyTorchFile(path, zip);
        }
        catch (InvalidDataException error)
        {
            stream.Dispose();
            throw new PyTorchFileException(path, "it is no zip file, or a damaged one. Files of PyTorch before 1.6 must be saved again by a later one.", error);
        }
        catch
        {
            zip?.Dispose();
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
        if (tensor.IsContiguous) ReadStorage(tensor.Storage, descriptor.FirstByte + firstByte, destination);
        else Gather(tensor).AsSpan((int)firstByte, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _zip.Dispose();

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
        var entry = _zip.GetEntry(NameOf(storage)) ?? throw new PyTorchFileException(Path, $"tensor '{name}' has no storage '{storage.Key}'.");
        if (entry.Length < storage.Length * size)
            throw new PyTorchFileException(Path, $"the storage '{storage.Key}' of tensor '{name}' has {entry.Length} bytes, it should have {storage.Length * size}.");
        _tensors.Add(name, tensor);
        _descriptors.Add(name, new TensorDescriptor(storage.Dtype, [.. tensor.Shape], tensor.Offset * size, tensor.Count * size));
    }

    private byte[] Gather(PickledTensor tensor)
    {
        var size = tensor.Storage.Dtype.ElementBytes();
        var source = new byte[(tensor.End - tensor.Offset) * size];
        ReadStorage(tensor.Storage, tensor.Offset * size, source);
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

    private void ReadStorage(PickledStorage storage, long firstByte, Span<byte> destination)
    {
        try
        {
            using var stream = _zip.GetEntry(NameOf(storage))!.Open();
            if (stream.CanSeek) stream.Position = firstByte;
            else Skip(stream, firstByte);
            stream.ReadExactly(destination);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new PyTorchFileException(Path, $"its storage '{storage.Key}' is damaged: {error.Message}", error);
        }
    }

    private static void Skip(Stream stream, long bytes)
    {
        var buffer = new byte[Math.Min(bytes, 1 << 20)];
        for (; bytes > 0; bytes -= Math.Min(bytes, buffer.Length)) stream.ReadExactly(buffer.AsSpan(0, (int)Math.Min(bytes, buffer.Length)));
    }

    private string? ReadText(string name)
    {
        if (_zip.GetEntry(_folder + name) is not { } entry) return null;
        using var reader = new StreamReader(entry.Open());
        return reader.ReadToEnd().Trim();
    }

    private string NameOf(PickledStorage storage) => $"{_folder}data/{storage.Key}";
}
