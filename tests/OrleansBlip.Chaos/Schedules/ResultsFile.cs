using OrleansBlip.Chaos.Nodes;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>The results of all runs of this program so far, a line for each schedule.</summary>
internal sealed class ResultsFile(FileInfo file)
{
    /// <summary>Where it is.</summary>
    public string Path => file.FullName;

    /// <summary>Adds a line.</summary>
    public void Append(string line) => File.AppendAllText(Path, line + "\n");

    /// <summary>How many of them passed.</summary>
    public string Summary()
    {
        string[] lines = File.ReadAllLines(Path);
        int failed = lines.Count(line => line.StartsWith("FAILED", StringComparison.Ordinal));
        return $"{lines.Length - failed} passed, {failed} failed";
    }

    /// <summary>Keeps what the nodes of a schedule said.</summary>
    /// <returns>The folder.</returns>
    public string KeepLogs(Schedule schedule, IReadOnlyList<Node> nodes)
    {
        string folder = $"{Path}.{schedule.Seed}-{schedule.Number}";
        Directory.CreateDirectory(folder);
        for (int i = 0; i < nodes.Count; i++) File.WriteAllLines(System.IO.Path.Combine(folder, $"{i}-{nodes[i].Name}.log"), nodes[i].Lines);
        return folder;
    }
}
