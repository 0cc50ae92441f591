using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OrleansBlip.Data.Durability;

/// <summary>The system's calls by which files become durable. A test puts one in its place that forgets what was never flushed, as a power cut does.</summary>
public partial class Disk
{
    /// <summary>The machine's own.</summary>
    public static Disk OfSystem { get; } = new();

    /// <summary>Makes a file that is not there yet.</summary>
    /// <param name="path">Where.</param>
    /// <param name="mode">Who may do what with it; as usual where it is null, and on Windows.</param>
    public virtual FileStream Create(string path, UnixFileMode? mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        return new FileStream(path, options);
    }

    /// <summary>Flushes a file's content to the disk.</summary>
    public virtual void Flush(FileStream file) => file.Flush(flushToDisk: true);

    /// <summary>Renames a file, in place of one of that name.</summary>
    public virtual void Move(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Flushes the entries of a folder (names made, renamed or removed in it) to the disk.</summary>
    /// <exception cref="IOException">The system could not.</exception>
    public virtual void FlushFolder(string folder)
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

    private static string LastError() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
