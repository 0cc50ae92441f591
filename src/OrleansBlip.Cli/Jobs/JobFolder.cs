using OrleansBlip.Cli.Commands;

namespace OrleansBlip.Cli.Jobs;

/// <summary>The folder of a job's results: new, or gone on with by <c>--resume</c>.</summary>
internal static class JobFolder
{
    /// <summary>Makes sure that a job may write there.</summary>
    /// <exception cref="CommandException">It holds something already and the job is not to go on with it, or there is nothing to go on with.</exception>
    public static void Claim(string path, bool resume)
    {
        if (File.Exists(path)) throw new CommandException(ExitCode.Usage, $"'{path}' is a file; give a folder by --out");
        var holdsSomething = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
        if (holdsSomething && !resume) throw new CommandException(ExitCode.Conflict, $"'{path}' is not empty; go on with what it holds by --resume, or choose another folder by --out");
        if (!holdsSomething && resume) throw new CommandException(ExitCode.NotFound, $"'{path}' holds no job to go on with; leave out --resume");
        Directory.CreateDirectory(path);
    }
}
