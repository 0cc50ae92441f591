namespace OrleansBlip.Data.Durability;

/// <summary>
/// A file that appears under its name whole or not at all, and then survives a power cut: written under a temporary name beside it, flushed to the
/// disk, renamed, and the folder's entry flushed too. Disposed without <see cref="Commit"/>, it leaves nothing.
/// </summary>
public sealed class DurableFile : IDisposable
{
    private readonly Disk _disk;
    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _stream;
    private bool _committed;

    private DurableFile(string path, UnixFileMode? mode, Disk disk)
    {
        _disk = disk;
        _path = Path.GetFullPath(path);
        _temporary = $"{_path}.{Guid.NewGuid():N}.partial";
        _stream = disk.Create(_temporary, mode);
    }

    /// <summary>Where the bytes go.</summary>
    public Stream Stream => _stream;

    /// <summary>Starts a file that <see cref="Commit"/> puts at this path, in place of one that stands there.</summary>
    /// <param name="mode">Who may do what with it from its first byte on; as usual where it is left out, and on Windows.</param>
    /// <param name="disk">The disk; the machine's own where it is left out.</param>
    public static DurableFile Create(string path, UnixFileMode? mode = null, Disk? disk = null) => new(path, mode, disk ?? Disk.OfSystem);

    /// <summary>Writes a whole file durably.</summary>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes, Disk? disk = null)
    {
        using var file = Create(path, disk: disk);
        file.Stream.Write(bytes);
        file.Commit();
    }

    /// <inheritdoc cref="Disk.FlushFolder"/>
    public static void FlushFolder(string folder) => Disk.OfSystem.FlushFolder(folder);

    /// <summary>Makes the bytes written so far the file's content. Nothing can be written after.</summary>
    public void Commit()
    {
        _disk.Flush(_stream);
        _stream.Dispose();
        _disk.Move(_temporary, _path);
        _committed = true;
        _disk.FlushFolder(Path.GetDirectoryName(_path)!);
    }

    /// <summary>Removes the temporary file, if it was not committed.</summary>
    public void Dispose()
    {
        if (_committed)
            return;
        // The handle's own close may fail to write its buffer on a full disk; the file goes away either way.
        try
        {
            _stream.Dispose();
        }
        finally
        {
            File.Delete(_temporary);
        }
        _committed = true;
    }
}
