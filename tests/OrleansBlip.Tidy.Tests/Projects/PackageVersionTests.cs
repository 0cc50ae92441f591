using System.Xml.Linq;

namespace OrleansBlip.Tidy.Tests.Projects;

public sealed class PackageVersionTests
{
    private static readonly string[] TestSdk = ["Microsoft.NET.Test.Sdk", "xunit.runner.visualstudio"];
    private static readonly XDocument Props = XDocument.Parse(Repository.Read("Directory.Packages.props"));

    [Fact]
    public void PackageVersions_OfOurChoice_SayWhy() => Repository.AssertNone(
        "Directory.Packages.props: a comment before each package says why it is here; the charter's own and the test SDK need none.",
        from version in Props.Descendants("PackageVersion")
        where (string?)version.Parent!.Attribute("Label") != "Fixed by the project's charter" && !TestSdk.Contains((string)version.Attribute("Include")!)
        where version.PreviousNode is not XComment
        select (string)version.Attribute("Include")!);

    [Fact]
    public void PackageVersions_OfOurChoice_AreUsed()
    {
        var projects = string.Concat(Repository.Files(".csproj", "Directory.Build.props", "Directory.Build.targets").Select(Repository.Read));
        Repository.AssertNone(
            "Directory.Packages.props: a version that no project uses goes.",
            from version in Props.Descendants("PackageVersion")
            where (string?)version.Parent!.Attribute("Label") != "Fixed by the project's charter"
            let name = (string)version.Attribute("Include")!
            where !projects.Contains($"\"{name}\"", StringComparison.Ordinal)
            select name);
    }

    [Fact]
    public void Versions_AnyProject_AreCentral() => Repository.AssertNone(
        "Versions stand in Directory.Packages.props alone.",
        from project in Project.All
        from reference in project.Xml.Descendants("PackageReference")
        where reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null
        select $"{project.Path}: {(string?)reference.Attribute("Include")}");
}
