namespace OrleansBlip.Tidy.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>Build outputs and a user's own files, as .gitignore lists them; <c>.git</c> is a file in a worktree.</summary>
    private static readonly HashSet<string> Ignored = ["bin", "obj", "TestResults", ".vs", ".idea", ".git", "demo-out"];

    public static string Root { get; } = FindRoot();

    /// <summary>Names directly under the root, files and folders.</summary>
    public static IEnumerable<string> RootEntries =>
        Directory.EnumerateFileSystemEntries(Root).Select(p => Path.GetFileName(p)).Where(name => !Ignored.Contains(name));

    /// <summary>Files with one of the endings, as paths from the root with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(params string[] endings) =>
        [.. Walk(Root).Where(f => endings.Length == 0 || endings.Any(e => f.EndsWith(e, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];

    /// <summary>The file at a path from the root.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Fails with all violations of a rule, each with the file it is in.</summary>
    public static void AssertNone(string rule, IEnumerable<string> violations)
    {
        var list = violations.ToList();
        Assert.True(list.Count == 0, $"{rule} Broken {list.Count} times:\n  {string.Join("\n  ", list)}");
    }

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Where(file => !Path.GetFileName(file).StartsWith(".chaos-results", StringComparison.Ordinal))) yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        foreach (var child in Directory.EnumerateDirectories(folder).Where(c => !Ignored.Contains(Path.GetFileName(c))))
        {
            foreach (var file in Walk(child)) yield return file;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansBlip.sln"))) return folder.FullName;
        }
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds OrleansBlip.sln: run the tests inside the checkout.");
    }
}
