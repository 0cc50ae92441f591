namespace OrleansBlip.Grains.Tests.Training;

/// <summary>A story, line by line: a heading, then events, each followed by the indented answers that it must get. '#' starts a comment.</summary>
internal static class ScenarioFile
{
    public static TheoryData<string> NamesIn(params string[] folder) =>
        [.. Directory.EnumerateFiles(PathOf(folder), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    public static void Check(string file, Func<string, IScenario> open, params string[] folder)
    {
        string[] lines = [.. File.ReadLines(Path.Combine(PathOf(folder), file + ".txt")).Select(line => line.TrimEnd()).Where(line => line.Length > 0 && line[0] != '#')];
        var (heading, scenario) = (lines[0], open(lines[0]));
        for (int i = 1; i < lines.Length;)
        {
            string happened = lines[i++];
            var expected = new List<string>();
            while (i < lines.Length && lines[i].StartsWith("  ", StringComparison.Ordinal)) expected.Add(lines[i++].Trim());
            var actual = scenario.Tell(happened);
            Assert.True(expected.SequenceEqual(actual), $"{file}: after '{happened}' ({heading}) expected\n  {string.Join("\n  ", expected)}\nbut it was\n  {string.Join("\n  ", actual)}");
        }
    }

    private static string PathOf(string[] folder) => Path.Combine([AppContext.BaseDirectory, .. folder]);
}
