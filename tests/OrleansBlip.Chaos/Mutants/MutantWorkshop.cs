using System.Diagnostics;

namespace OrleansBlip.Chaos.Mutants;

/// <summary>A copy of the source and of test projects' outputs, where one file at a time is changed, its project compiled and tests run against it.</summary>
internal sealed class MutantWorkshop : IDisposable
{
    private static readonly string Root = FindRoot();

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-mutants").FullName;
    private readonly HashSet<string> _outputs = [];

    /// <summary>Copies the source with what was compiled of it, but for the outputs.</summary>
    public MutantWorkshop()
    {
        foreach (string file in Directory.EnumerateFiles(Root).Where(file => Path.GetExtension(file) is ".props" or ".json" or ".editorconfig" or "")) File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        foreach (string part in new[] { "src", "deploy" }) CopyTree(Path.Combine(Root, part), Path.Combine(_folder, part));
    }

    /// <summary>Runs a mutant's tests against the code as it is.</summary>
    /// <returns>Whether they pass, and what they say.</returns>
    public async Task<(bool Pass, string Said)> TestUnchangedAsync(Mutant mutant)
    {
        await OutputsOfAsync(mutant.Tests);
        return await TestAsync(mutant);
    }

    /// <summary>Makes a mutant and runs its tests.</summary>
    /// <returns>The first test that fails; null where none does.</returns>
    /// <exception cref="IOException">The text to change is not there, or not once, or the change does not compile.</exception>
    public async Task<string?> CatchAsync(Mutant mutant)
    {
        string file = Path.Combine(_folder, "src", mutant.Project, mutant.File), before = await File.ReadAllTextAsync(file);
        int at = before.IndexOf(mutant.Original, StringComparison.Ordinal);
        if (at < 0 || before.IndexOf(mutant.Original, at + 1, StringComparison.Ordinal) >= 0) throw new IOException($"'{mutant.Original}' does not stand once in {mutant.Project}/{mutant.File}.");
        await File.WriteAllTextAsync(file, before.Replace(mutant.Original, mutant.Mutated, StringComparison.Ordinal));
        string assembly = $"{mutant.Project}.dll", output = Path.Combine(await OutputsOfAsync(mutant.Tests), assembly), kept = output + ".kept";
        try
        {
            // References are those compiled before: only this project is compiled, and nothing is copied. Its analyzers would complain of what a mutant leaves unused.
            var (code, said) = await RunAsync("dotnet", "build", Path.Combine(_folder, "src", mutant.Project), "-c", "Release", "-t:Compile", "--no-restore", "--no-dependencies", "-nologo", "-v:q",
                "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false", "-p:EnforceCodeStyleInBuild=false");
            if (code != 0) throw new IOException($"The mutant does not compile: {said}");
            // Links lead to the checkout's own outputs: a new file takes the link's place.
            File.Move(output, kept);
            File.Copy(Path.Combine(_folder, "src", mutant.Project, "obj", "Release", "net10.0", assembly), output);
            var (pass, result) = await TestAsync(mutant);
            return pass ? null : result.Split('\n').FirstOrDefault(line => line.Contains("[FAIL]", StringComparison.Ordinal))?.Trim() ?? throw new IOException($"No test ran to its end: {result}");
        }
        finally
        {
            if (File.Exists(kept)) File.Move(kept, output, overwrite: true);
            await File.WriteAllTextAsync(file, before);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(bool Pass, string Said)> TestAsync(Mutant mutant)
    {
        var (code, said) = await RunAsync("dotnet", "test", Path.Combine(_folder, "outputs", mutant.Tests, $"{mutant.Tests}.dll"), "--filter", $"FullyQualifiedName~{mutant.Filter}");
        return (code == 0 && said.Contains("Passed!", StringComparison.Ordinal), said);
    }

    /// <summary>The outputs of a test project, linked: libtorch alone is half a gigabyte.</summary>
    private async Task<string> OutputsOfAsync(string project)
    {
        string folder = Path.Combine(_folder, "outputs", project);
        if (!_outputs.Add(project)) return folder;
        string built = Path.Combine(Root, "tests", project, "bin", "Release", "net10.0");
        if (!Directory.Exists(built)) throw new IOException($"{project} is not built: run 'dotnet build -c Release' first.");
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var (linked, _) = await RunAsync("cp", "-al", built, folder);
        if (linked == 0) return folder;
        var (copied, said) = await RunAsync("cp", "-a", built, folder);
        return copied == 0 ? folder : throw new IOException(said);
    }

    private static void CopyTree(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string folder in Directory.EnumerateDirectories(from).Where(folder => Path.GetFileName(folder) != "bin")) CopyTree(folder, Path.Combine(to, Path.GetFileName(folder)));
    }

    private static async Task<(int Code, string Said)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OrleansBlip.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds OrleansBlip.sln.");
    }
}
