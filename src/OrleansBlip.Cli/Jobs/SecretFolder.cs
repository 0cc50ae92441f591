using OrleansBlip.Data.Durability;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Folders that hold a key: their owner's alone, and there whole or not at all.</summary>
internal static class SecretFolder
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>A file of such a folder; nobody else reads a secret one.</summary>
    internal readonly record struct File(string Name, string Text, bool IsSecret);

    /// <summary>Makes a folder, or replaces these files in one that is there, in this order.</summary>
    public static void Write(string folder, params IReadOnlyList<File> files)
    {
        string partial = $"{folder}.{Guid.NewGuid():N}.partial", parent = Path.GetDirectoryName(folder)!;
        Directory.CreateDirectory(parent);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(partial);
        else Directory.CreateDirectory(partial, Private | UnixFileMode.UserExecute);
        try
        {
            foreach (var file in files)
            {
                using var written = DurableFile.Create(Path.Combine(partial, file.Name), file.IsSecret ? Private : Public);
                using (var writer = new StreamWriter(written.Stream, leaveOpen: true)) writer.Write(file.Text);
                written.Commit();
            }
            if (!Path.Exists(folder))
            {
                Directory.Move(partial, folder);
                DurableFile.FlushFolder(parent);
                return;
            }
            foreach (var file in files) System.IO.File.Move(Path.Combine(partial, file.Name), Path.Combine(folder, file.Name), overwrite: true);
            DurableFile.FlushFolder(folder);
        }
        finally
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        }
    }
}
