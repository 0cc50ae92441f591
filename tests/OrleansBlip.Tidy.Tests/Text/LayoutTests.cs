namespace OrleansBlip.Tidy.Tests.Text;

public sealed class LayoutTests
{
    private static readonly HashSet<string> Expected =
        ["OrleansBlip.sln", "README.md", "LICENSE", "global.json", "Directory.Packages.props", "src", "tests", "deploy", "helm"];

    [Fact]
    public void Root_Entries_AreFewAndKnown() => Repository.AssertNone(
        $"At the root stand only [{string.Join(", ", Expected)}] and files that start with a dot.",
        Repository.RootEntries.Where(name => !name.StartsWith('.') && !Expected.Contains(name)));

    [Fact]
    public void Folders_Any_AreNamedForAFeature() => Repository.AssertNone(
        "A folder is named with a noun of the paper or of the pipeline; what has no home belongs beside its user.",
        from folder in Repository.Files().Select(f => Path.GetDirectoryName(f)!).Distinct()
        where folder.Split('/').Any(part => part.ToLowerInvariant() is "common" or "utils" or "util" or "helpers" or "helper" or "misc" or "shared")
        select folder);
}
