using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OrleansBlip.Data.Durability;

/// <summary>
/// A file that appears under its name whole or not at all, and then survives a power cut: written under a temporary name beside it, flushed to the
/// disk, renamed, and the folder's entry flushed too. Disposed without <see cref="Commit"/>, it leaves nothing.
/// </summary>
public sealed partial class DurableFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _stream;
    private bool _committed;

    private DurableFile(string path, UnixFileMode? mode)
    {
        _path = Path.GetFullPath(path);
        _temporary = $"{_path}.{Guid.NewGuid():N}.partial";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        _stream = new FileStream(_temporary, options);
    }

    /// <summary>Where the bytes go.</summary>
    public Stream Stream => _stream;

    /// <summary>Starts a file that <see cref="Commit"/> puts at this path, in place of one that stands there.</summary>
    /// <param name="mode">Who may do what with it from its first byte on; as usual where it is left out, and on Windows.</param>
    public static DurableFile Create(string path, UnixFileMode? mode = null) => new(path, mode);

    /// <summary>Writes a whole file durably.</summary>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = Create(path);
        file.Stream.Write(bytes);
        file.Commit();
    }

    /// <summary>Flushes the entries of a folder (names made, renamed or removed in it) to the disk.</summary>
    /// <exception cref="IOException">The system could not.</exception>
    public static void FlushFolder(string folder)
    {
        // NTFS journals its entries, and Windows has no call for this.
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, flags: 0);
        if (handle < 0)
            throw new IOException($"Folder '{folder}' could not be opened to be flushed: {LastError()}.");
        try
        {
            if (Flush(handle) != 0)
                throw new IOException($"Folder '{folder}' could not be flushed: {LastError()}.");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>Makes the bytes written so far the file's content. Nothing can be written after.</summary>
    public void Commit()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _committed = true;
        FlushFolder(Path.GetDirectoryName(_path)!);
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

    private static string LastError() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
