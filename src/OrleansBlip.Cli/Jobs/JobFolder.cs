using OrleansBlip.Cli.Commands;

namespace OrleansBlip.Cli.Jobs;

/// <summary>The folder of a job's results: new, or gone on with by <c>--resume</c>. A new one is empty again when the job ends before it is kept.</summary>
internal sealed class JobFolder : IDisposable
{
    private readonly string _path;
    private bool _isKept;

    private JobFolder(string path, bool isKept) => (_path, _isKept) = (path, isKept);

    /// <summary>Makes sure that a job may write there.</summary>
    /// <exception cref="CommandException">It holds something already and the job is not to go on with it, or there is nothing to go on with.</exception>
    public static JobFolder Claim(string path, bool resume)
    {
        if (File.Exists(path)) throw new CommandException(ExitCode.Usage, $"'{path}' is a file; give a folder by --out");
        var holdsSomething = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
        if (holdsSomething && !resume) throw new CommandException(ExitCode.Conflict, $"'{path}' is not empty; go on with what it holds by --resume, or choose another folder by --out");
        if (!holdsSomething && resume) throw new CommandException(ExitCode.NotFound, $"'{path}' holds no job to go on with; leave out --resume");
        Directory.CreateDirectory(path);
        return new JobFolder(path, isKept: holdsSomething);
    }

    /// <summary>From here on there is something to go on with.</summary>
    public void Keep() => _isKept = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isKept) return;
        foreach (var entry in new DirectoryInfo(_path).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo folder) folder.Delete(recursive: true);
            else entry.Delete();
        }
    }
}
