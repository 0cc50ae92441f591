namespace OrleansBlip.Tidy.Tests.Projects;

public sealed class ProjectTests
{
    /// <summary>The arrows between projects: the leaves know nothing of each other, and each reference goes one way.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["OrleansBlip.Protocol"] = [],
        ["OrleansBlip.Data"] = [],
        ["OrleansBlip.Model"] = [],
        ["OrleansBlip.Grains"] = ["OrleansBlip.Protocol", "OrleansBlip.Model", "OrleansBlip.Data"],
        ["OrleansBlip.Silo"] = ["OrleansBlip.Grains"],
        ["OrleansBlip.Client"] = ["OrleansBlip.Protocol"],
        ["OrleansBlip.Web"] = ["OrleansBlip.Client"],
        ["OrleansBlip.Cli"] = ["OrleansBlip.Client", "OrleansBlip.Silo"],
    };

    [Fact]
    public void References_OfSourceProjects_AreTheArrowsOfTheHouse() => Repository.AssertNone(
        "A source project references exactly the projects that the picture in src/README.md shows.",
        from project in Project.All
        where project.IsSource
        let expected = Arrows.GetValueOrDefault(project.Name)?.Where(name => Project.All.Any(p => p.Name == name)).ToHashSet()
        where expected is null || !expected.SetEquals(project.References)
        select $"{project.Path}: references [{string.Join(", ", project.References)}], "
            + $"expected [{(expected is null ? "to be a project of the house" : string.Join(", ", expected))}]");

    [Fact]
    public void References_OfTestProjects_AreWhatTheyTest() => Repository.AssertNone(
        "X.Tests references X, and beside it at most Client, to talk to a silo; a project that tests nothing of src references nothing.",
        from project in Project.All
        where project.IsTest
        let subject = project.Name[..^".Tests".Length]
        let others = project.References.Except([subject, "OrleansBlip.Client"])
        where others.Any() || project.References.Contains(subject) != Arrows.ContainsKey(subject)
        select $"{project.Path}: references [{string.Join(", ", project.References)}]");

    [Theory]
    [InlineData("OrleansBlip.Data", "Microsoft.Orleans", "TorchSharp", "libtorch")]
    [InlineData("OrleansBlip.Model", "Microsoft.Orleans")]
    [InlineData("OrleansBlip.Protocol", "TorchSharp", "libtorch")]
    [InlineData("OrleansBlip.Client", "TorchSharp", "libtorch", "Microsoft.Orleans.Server")]
    public void Packages_OfALeaf_AreItsOwnConcern(string name, params string[] banned) => Repository.AssertNone(
        $"{name} uses no package of [{string.Join(", ", banned)}].",
        from project in Project.All
        where project.Name == name
        from package in project.Packages
        where banned.Any(b => package.StartsWith(b, StringComparison.OrdinalIgnoreCase))
        select $"{project.Path}: {package}");

    [Fact]
    public void NativeTorch_OfAnyProject_IsForExecutablesAndTests() => Repository.AssertNone(
        "Only executables and tests set UsesNativeTorch, and no project names a native package itself.",
        from project in Project.All
        let named = project.Packages.Any(p => p.StartsWith("libtorch", StringComparison.Ordinal) || p.StartsWith("TorchSharp-", StringComparison.Ordinal))
        where named || (project.UsesNativeTorch && !project.IsExecutable && !project.IsTest)
        select project.Path);

    [Fact]
    public void Solution_AnyProject_ListsIt() => Repository.AssertNone(
        "OrleansBlip.sln lists each project.",
        from project in Project.All
        where !Repository.Read("OrleansBlip.sln").Contains(project.Path.Replace('/', '\\'), StringComparison.Ordinal)
        select project.Path);

    [Fact]
    public void SourceProjects_Any_HoldSource() => Repository.AssertNone(
        "No project stands empty.",
        from project in Project.All
        let folder = Path.GetDirectoryName(project.Path) + "/"
        where !Repository.Files(".cs").Any(f => f.StartsWith(folder, StringComparison.Ordinal))
        select project.Path);
}
