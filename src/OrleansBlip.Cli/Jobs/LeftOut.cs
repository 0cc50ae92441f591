using OrleansBlip.Cli.Commands;
using OrleansBlip.Data.Sources;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Says what of a user's data is left out, and why: a job goes on with the rest.</summary>
internal static class LeftOut
{
    private const int ExamplesMax = 3;

    /// <summary>Opens a data set to tell of it.</summary>
    /// <exception cref="Data.DatasetException">It cannot be used.</exception>
    public static void TellOf(string path, JobConsole console)
    {
        using var source = PairSources.Open(path, new PairSourceOptions { VerifyHashes = false });
        Tell(source, console);
    }

    /// <summary>One line, where something is left out.</summary>
    public static void Tell(PairSource source, JobConsole console) => Tell($"'{source.Name}': left out beside {source.PictureCount} pictures", source.Problems, console);

    /// <summary>One line, where pictures could not be decoded in training.</summary>
    public static void TellUndecodable(JobCluster cluster, JobConsole console) => Tell("not to be decoded, others stood in for them", cluster.Undecodable, console);

    private static void Tell(string what, IReadOnlyCollection<SourceProblem> problems, JobConsole console)
    {
        if (problems.Count == 0) return;
        var examples = problems.Take(ExamplesMax).Select(problem => $"'{problem.Name}' ({problem.Reason})");
        console.Note($"{what}: {problems.Count}, {string.Join(", ", examples)}{(problems.Count > ExamplesMax ? ", …" : "")}");
    }
}
