using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace OrleansBlip.Model.Weights;

/// <summary>
/// A safetensors file, read tensor by tensor or by byte ranges of a tensor: opening it reads and checks the header alone. May be read from several
/// threads at once.
/// </summary>
public sealed class SafetensorsFile : ITensorSource
{
    private readonly SafeFileHandle _handle;
    private readonly SafetensorsHeader _header;
    private readonly long _dataStart;

    private SafetensorsFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        long fileBytes = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[8];
        if (RandomAccess.Read(handle, prefix, 0) != 8)
            throw new SafetensorsException(path, SafetensorsFault.Truncated, $"it has {fileBytes} bytes, a header starts with 8.");
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerBytes > SafetensorsHeader.BytesMax)
            throw new SafetensorsException(
                path, SafetensorsFault.HeaderTooLong, $"its header claims {headerBytes} bytes, the limit is {SafetensorsHeader.BytesMax}.");
        _dataStart = 8 + (long)headerBytes;
        if (_dataStart > fileBytes)
            throw new SafetensorsException(path, SafetensorsFault.Truncated, $"its header claims {headerBytes} bytes, the file has {fileBytes}.");
        var json = new byte[headerBytes];
        ReadFully(json, 8);
        _header = SafetensorsHeader.Parse(path, json, fileBytes - _dataStart);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorDescriptor> Tensors => _header.Tensors;

    /// <summary>The file's own string to string metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="SafetensorsException">The file breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new SafetensorsFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Writes tensors in ordinal order of their names to <paramref name="stream"/>; atomic and durable files are the caller's concern.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">The tensors, in any order.</param>
    /// <param name="metadata">The file's own metadata; null for none.</param>
    /// <param name="progress">Told of each tensor; null where nobody watches.</param>
    /// <exception cref="ArgumentException">A name occurs twice, or a tensor's bytes do not fit its shape.</exception>
    public static void Write(Stream stream, IEnumerable<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata = null, IProgress<TensorProgress>? progress = null)
    {
        var sorted = tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).ToArray();
        for (int i = 0; i < sorted.Length; i++)
        {
            var tensor = sorted[i];
            if (i > 0 && sorted[i - 1].Name == tensor.Name) throw new ArgumentException($"Tensor '{tensor.Name}' occurs twice.", nameof(tensors));
            long bytes = tensor.Shape.Aggregate((long)tensor.Dtype.ElementBytes(), (product, side) => product * side);
            if (bytes != tensor.Bytes.Length)
                throw new ArgumentException($"Tensor '{tensor.Name}' has {tensor.Bytes.Length} bytes, its shape demands {bytes}.", nameof(tensors));
        }
        var header = SafetensorsHeader.Format(sorted, metadata);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        stream.Write(prefix);
        stream.Write(header);
        for (int i = 0; i < sorted.Length; i++)
        {
            progress?.Report(new TensorProgress(IsWriting: true, i, sorted.Length));
            stream.Write(sorted[i].Bytes.Span);
        }
        progress?.Report(new TensorProgress(IsWriting: true, sorted.Length, sorted.Length));
    }

    /// <inheritdoc/>
    public void ReadBytes(string name, long firstByte, Span<byte> destination)
    {
        var tensor = this.Describe(name);
        if (firstByte < 0 || firstByte + destination.Length > tensor.ByteCount)
            throw new ArgumentOutOfRangeException(
                nameof(firstByte), firstByte, $"Tensor '{name}' of '{Path}' has {tensor.ByteCount} bytes; {destination.Length} were asked for.");
        ReadFully(destination, _dataStart + tensor.FirstByte + firstByte);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void ReadFully(Span<byte> destination, long position)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_handle, destination, position);
            if (read == 0) throw new SafetensorsException(Path, SafetensorsFault.Truncated, "it became shorter while it was read.");
            destination = destination[read..];
            position += read;
        }
    }
}
