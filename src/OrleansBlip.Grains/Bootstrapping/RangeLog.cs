using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using OrleansBlip.Data.Durability;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>
/// Results of picture ranges in an append-only file: each range once, each durable before it counts. What a crash left half-written at the end is cut off
/// when the file is opened again, and its pictures are done again. Frame: first picture and count (int32 each), payload length (int32), XxHash3 of
/// all that (uint64), payload in JSON; all integers little-endian. The first frame holds what the results follow from.
/// </summary>
internal sealed class RangeLog<T> : IDisposable
{
    private const int HeaderBytes = 20, PayloadBytesMax = 1 << 30;

    private readonly FileStream _file;
    private readonly Dictionary<PictureRange, long> _places = [];

    private RangeLog(string path) =>
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16);

    /// <summary>Ranges that are in the file.</summary>
    public IReadOnlySet<PictureRange> Ranges => _places.Keys.ToHashSet();

    /// <summary>Opens a log, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="origin">What its results follow from: models, data, settings.</param>
    /// <exception cref="InvalidDataException">The file's results follow from something else.</exception>
    public static RangeLog<T> Open(string path, string origin)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var log = new RangeLog<T>(path);
        try
        {
            log.Recover(origin);
            DurableFile.FlushFolder(Path.GetDirectoryName(path)!);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Adds a range's result and puts it on the disk; nothing happens for a range that is there already.</summary>
    public void Append(PictureRange range, T result)
    {
        if (_places.ContainsKey(range)) return;
        var place = _file.Seek(0, SeekOrigin.End);
        Write(range, JsonSerializer.SerializeToUtf8Bytes(result));
        _places.Add(range, place);
    }

    /// <summary>A range's result.</summary>
    /// <exception cref="InvalidDataException">It is not there, or no longer what was written.</exception>
    public T Read(PictureRange range)
    {
        if (_places.TryGetValue(range, out var place))
        {
            _file.Position = place;
            if (ReadFrame() is { } frame && JsonSerializer.Deserialize<T>(frame.Payload) is { } result) return result;
        }
        throw new InvalidDataException($"'{_file.Name}' has no intact result of {range}. Delete the file to have it made again.");
    }

    public void Dispose() => _file.Dispose();

    private void Recover(string origin)
    {
        var first = ReadFrame();
        if (first is { } found && Encoding.UTF8.GetString(found.Payload) is var known && known != origin)
            throw new InvalidDataException($"'{_file.Name}' follows from {known}, not from {origin}. Choose another output folder, or delete the file.");
        var intact = first is null ? 0 : _file.Position;
        while (first is not null && ReadFrame() is { } frame)
        {
            _places.TryAdd(frame.Range, intact);
            intact = _file.Position;
        }
        _file.SetLength(intact);
        _file.Position = intact;
        if (first is null) Write(default, Encoding.UTF8.GetBytes(origin));
    }

    private (PictureRange Range, byte[] Payload)? ReadFrame()
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (_file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes) return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (length is < 0 or > PayloadBytesMax || length > _file.Length - _file.Position) return null;
        var payload = new byte[length];
        _file.ReadExactly(payload);
        if (Hash(header, payload) != BinaryPrimitives.ReadUInt64LittleEndian(header[12..])) return null;
        return (new PictureRange(BinaryPrimitives.ReadInt32LittleEndian(header), BinaryPrimitives.ReadInt32LittleEndian(header[4..])), payload);
    }

    private void Write(PictureRange range, byte[] payload)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, range.First);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], range.Count);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[12..], Hash(header, payload));
        _file.Write(header);
        _file.Write(payload);
        _file.Flush(flushToDisk: true);
    }

    private static ulong Hash(ReadOnlySpan<byte> header, byte[] payload)
    {
        var hash = new XxHash3();
        hash.Append(header[..12]);
        hash.Append(payload);
        return hash.GetCurrentHashAsUInt64();
    }
}
