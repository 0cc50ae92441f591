using System.Xml.Linq;

namespace OrleansBlip.Tidy.Tests.Projects;

/// <summary>What a project file says.</summary>
internal sealed record Project(string Path, XDocument Xml)
{
    public static IReadOnlyList<Project> All { get; } =
        [.. Repository.Files(".csproj").Select(path => new Project(path, XDocument.Parse(Repository.Read(path))))];

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public bool IsSource => Path.StartsWith("src/", StringComparison.Ordinal);

    public bool IsTest => Name.EndsWith(".Tests", StringComparison.Ordinal);

    public bool IsExecutable => Property("OutputType") == "Exe" || (string?)Xml.Root!.Attribute("Sdk") == "Microsoft.NET.Sdk.Web";

    public bool UsesNativeTorch => Property("UsesNativeTorch") == "true";

    public IEnumerable<string> References => Items("ProjectReference").Select(i => System.IO.Path.GetFileNameWithoutExtension(i));

    public IEnumerable<string> Packages => Items("PackageReference");

    private string? Property(string name) => Xml.Descendants(name).FirstOrDefault()?.Value;

    private IEnumerable<string> Items(string name) => Xml.Descendants(name).Select(i => (string)i.Attribute("Include")!);
}
