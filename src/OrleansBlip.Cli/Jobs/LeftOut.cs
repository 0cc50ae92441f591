using OrleansBlip.Data.Sources;

namespace OrleansBlip.Cli.Jobs;

/// <summary>Says what of a user's data is left out, and why: a job goes on with the rest.</summary>
internal static class LeftOut
{
    private const int ExamplesMax = 3;

    /// <summary>Opens a data set to tell of it.</summary>
    /// <exception cref="Data.DatasetException">It cannot be used.</exception>
    public static void TellOf(string path, Action<string> note)
    {
        using var source = PairSources.Open(path, new PairSourceOptions { VerifyHashes = false });
        Tell(source, note);
    }

    /// <summary>One line, where something is left out.</summary>
    public static void Tell(PairSource source, Action<string> note) => Tell($"'{source.Name}': left out beside {source.PictureCount} pictures", [.. source.Problems.Select(problem => $"'{problem.Name}' ({problem.Reason})")], note);

    /// <summary>One line, where pictures could not be decoded in training: each node that is there says what it met with.</summary>
    public static async Task TellUndecodableAsync(JobCluster cluster, Action<string> note)
    {
        var nodes = await cluster.Client.NodesAsync();
        Tell("not to be decoded, others stood in for them", nodes.SelectMany(node => node.Undecodable).Distinct().Order(StringComparer.Ordinal).ToArray(), note);
    }

    private static void Tell(string what, IReadOnlyCollection<string> problems, Action<string> note)
    {
        if (problems.Count > 0) note($"{what}: {problems.Count}, {string.Join(", ", problems.Take(ExamplesMax))}{(problems.Count > ExamplesMax ? ", …" : "")}");
    }
}
