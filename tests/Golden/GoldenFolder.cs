namespace OrleansBlip.Golden;

/// <summary>Finds the reference's numbers: the folder named by ORLEANSBLIP_GOLDEN, or the copy committed under tests/golden.</summary>
internal static class GoldenFolder
{
    private static readonly string? Root = FindRoot();

    /// <summary>The path of a case or of a file in it ("j-tokenizer", "j-tokenizer/vocab.txt"), or null where it is missing.</summary>
    public static string? Find(string name)
    {
        if (Root is null)
            return null;
        var path = Path.Combine(Root, name);
        return Directory.Exists(path) || File.Exists(path) ? path : null;
    }

    /// <summary>The path of a case or of a file in it; throws where it is missing.</summary>
    public static string Case(string name) =>
        Find(name) ?? throw new DirectoryNotFoundException(
            $"Golden case '{name}' is missing under '{Root}': point ORLEANSBLIP_GOLDEN to a folder that has it.");

    /// <summary>Why a test that needs these cases must be skipped, or null where all of them are there.</summary>
    public static string? MissingReason(params string[] names)
    {
        var missing = names.Where(name => Find(name) is null).ToArray();
        return missing.Length == 0 ? null : $"golden {string.Join(", ", missing)} missing: set ORLEANSBLIP_GOLDEN to the folder that has it";
    }

    private static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("ORLEANSBLIP_GOLDEN") is { Length: > 0 } named)
            return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansBlip.sln")))
                return Path.Combine(folder.FullName, "tests", "golden");
        }
        return null;
    }
}
