using System.Buffers.Binary;

namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>
/// A checkpoint as <c>torch.save</c> wrote it before PyTorch 1.6, which published BERTs and ViTs still are: five pickles one after the other (a magic number, the format's version,
/// the writer's byte order, the value, the storages' keys), then each storage, its number of elements before it.
/// </summary>
internal sealed class StreamedCheckpoint : ICheckpointContainer
{
    private const long Version = 1001;

    // The pickle of the number 0x1950a86a20f9469cfc6c.
    private static readonly byte[] Magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly Dictionary<string, (long FirstByte, long ByteCount)> _places = [];

    public StreamedCheckpoint(string path, FileStream stream) => (_path, _stream) = (path, stream);

    /// <summary>Whether a file begins like one.</summary>
    public static bool Begins(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    /// <summary>How many bytes <see cref="Begins"/> needs.</summary>
    public static int MagicByteCount => Magic.Length;

    public object? ReadRoot()
    {
        var head = new byte[Math.Min(_stream.Length, PickleReader.BytesMax)];
        _stream.Position = 0;
        _stream.ReadExactly(head);
        var pickles = new PickleReader(head, _path, Magic.Length);
        if (pickles.Read() is not Version) throw new PyTorchFileException(_path, $"it is of no version {Version} of the format before PyTorch 1.6.");
        if (pickles.Read() is not Dictionary<object, object?> system || system.GetValueOrDefault("little_endian") is not true) throw new PyTorchFileException(_path, "only little-endian files are read.");
        var root = pickles.Read();
        if (pickles.Read() is not List<object?> keys) throw new PyTorchFileException(_path, "it does not list its storages.");
        Place(keys, pickles);
        return root;
    }

    public long? ByteCountOf(PickledStorage storage) => _places.TryGetValue(storage.Key, out var place) ? place.ByteCount : null;

    public void Read(PickledStorage storage, long firstByte, Span<byte> destination)
    {
        try
        {
            _stream.Position = _places[storage.Key].FirstByte + firstByte;
            _stream.ReadExactly(destination);
        }
        catch (EndOfStreamException error)
        {
            throw new PyTorchFileException(_path, $"its storage '{storage.Key}' is damaged: {error.Message}", error);
        }
    }

    public void Dispose() => _stream.Dispose();

    // How long a storage is stands before it, in elements; how long an element is only the value tells.
    private void Place(List<object?> keys, PickleReader pickles)
    {
        long position = pickles.Position;
        Span<byte> count = stackalloc byte[sizeof(long)];
        foreach (var key in keys)
        {
            if (key is not string name || !pickles.Storages.TryGetValue(name, out var storage)) throw new PyTorchFileException(_path, $"it lists a storage '{key}' that nothing refers to.");
            if (position > _stream.Length - sizeof(long)) throw new PyTorchFileException(_path, $"it ends before its storage '{name}'.");
            _stream.Position = position;
            _stream.ReadExactly(count);
            var (elements, size) = (BinaryPrimitives.ReadInt64LittleEndian(count), storage.Dtype.ElementBytes());
            position += sizeof(long);
            if (elements < 0 || elements > (_stream.Length - position) / size) throw new PyTorchFileException(_path, $"it ends within its storage '{name}' of {elements} elements.");
            _places[name] = (position, elements * size);
            position += elements * size;
        }
    }
}
