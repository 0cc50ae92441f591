using System.IO.Compression;

namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>A checkpoint as <c>torch.save</c> writes it since PyTorch 1.6: a zip of a pickle and of a file for each storage.</summary>
internal sealed class ZippedCheckpoint : ICheckpointContainer
{
    private readonly string _path;
    private readonly ZipArchive _zip;
    private readonly ZipArchiveEntry _pickle;
    private readonly string _folder;

    /// <exception cref="PyTorchFileException">It is no zip file, or a damaged one, or holds no pickle.</exception>
    public ZippedCheckpoint(string path, Stream stream)
    {
        _path = path;
        try
        {
            _zip = new ZipArchive(stream, ZipArchiveMode.Read);
            _pickle = _zip.Entries.FirstOrDefault(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)) ?? throw new PyTorchFileException(path, "it holds no data.pkl.");
        }
        catch (InvalidDataException error)
        {
            throw new PyTorchFileException(path, "it is no zip file, or a damaged one.", error);
        }
        _folder = _pickle.FullName[..^"data.pkl".Length];
    }

    public object? ReadRoot()
    {
        if (_pickle.Length > PickleReader.BytesMax) throw new PyTorchFileException(_path, $"its data.pkl has {_pickle.Length} bytes, the limit is {PickleReader.BytesMax}.");
        try
        {
            if (ReadText("byteorder") is { } order && order != "little") throw new PyTorchFileException(_path, $"its byte order is '{order}', only little-endian files are read.");
            var bytes = new byte[_pickle.Length];
            using var stream = _pickle.Open();
            stream.ReadExactly(bytes);
            return new PickleReader(bytes, _path).Read();
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new PyTorchFileException(_path, $"it is a damaged zip file: {error.Message}", error);
        }
    }

    public long? ByteCountOf(PickledStorage storage) => _zip.GetEntry(NameOf(storage))?.Length;

    public void Read(PickledStorage storage, long firstByte, Span<byte> destination)
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
            throw new PyTorchFileException(_path, $"its storage '{storage.Key}' is damaged: {error.Message}", error);
        }
    }

    public void Dispose() => _zip.Dispose();

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
