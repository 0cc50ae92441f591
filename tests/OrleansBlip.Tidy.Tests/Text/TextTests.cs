using System.Text.RegularExpressions;

namespace OrleansBlip.Tidy.Tests.Text;

public sealed partial class TextTests
{
    private static readonly string[] Endings =
        [".cs", ".csproj", ".props", ".targets", ".md", ".json", ".txt", ".sln", ".yaml", ".yml", ".sql", ".html", ".editorconfig", "run"];

    /// <summary>Hosts of package registries: a clone restores from whatever feed its machine names. Split, or this file would break its own rule.</summary>
    private static readonly string[] Registries =
    [
        "nuget" + ".org", "pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com",
        "crates" + ".io", "rubygems" + ".org", "maven" + ".org", "golang" + ".org",
    ];

    private static readonly IReadOnlyList<(string Path, int Line, string Text)> Lines =
    [
        .. from path in Repository.Files(Endings)
           where !path.StartsWith("tests/golden/", StringComparison.Ordinal)
           from line in Repository.Read(path).Split('\n').Select((text, i) => (i + 1, text))
           select (path, line.Item1, line.text),
    ];

    [Fact]
    public void Text_Anywhere_NamesNoPackageRegistry() => Repository.AssertNone(
        "No committed file names the host of a package registry.",
        from line in Lines
        where Registries.Any(host => line.Text.Contains(host, StringComparison.OrdinalIgnoreCase))
        select $"{line.Path}({line.Line})");

    [Fact]
    public void Text_Anywhere_NamesNoMachinesOwnPath() => Repository.AssertNone(
        "No committed file holds the path of a home or of somebody's checkout.",
        from line in Lines
        where MachinePath().IsMatch(line.Text)
        select $"{line.Path}({line.Line}): {MachinePath().Match(line.Text).Value}");

    [Fact]
    public void Text_OutsideTheCiScript_StaysInTheRepository() => Repository.AssertNone(
        "Only .ci/run looks beside the checkout.",
        from line in Lines
        where line.Path != ".ci/run" && line.Text.Contains(".." + "/shared", StringComparison.Ordinal)
        select $"{line.Path}({line.Line})");

    [Fact]
    public void Links_InMarkdown_LeadSomewhere() => Repository.AssertNone(
        "A relative link in a Markdown file leads to a file or folder of the repository.",
        from line in Lines
        where line.Path.EndsWith(".md", StringComparison.Ordinal)
        from match in Link().Matches(line.Text)
        let target = match.Groups[1].Value.Split('#')[0]
        where target != "" && !target.Contains("://", StringComparison.Ordinal)
        where !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(line.Path)!, target))
        select $"{line.Path}({line.Line}): {target}");

    [GeneratedRegex(@"(?<![\w.$}])/(home|root|Users|work|mnt)/\w+|[A-Z]:\\Users\\", RegexOptions.CultureInvariant)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
