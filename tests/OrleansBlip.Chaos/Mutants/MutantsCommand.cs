using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace OrleansBlip.Chaos.Mutants;

/// <summary>The test of the tests: each mistake of the catalogue is made, and has to be noticed.</summary>
internal static class MutantsCommand
{
    /// <summary>The command.</summary>
    public static Command Command()
    {
        var only = new Option<string?>("--only") { Description = "Part of the name of those to make.", HelpName = "TEXT" };
        var command = new Command("mutants", "Makes ten mistakes, one after the other, in a copy of the source, and runs the tests that must notice. Test projects must be built (dotnet build -c Release).") { only };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(only) ?? ""));
        return command;
    }

    private static async Task<int> RunAsync(string only)
    {
        using var workshop = new MutantWorkshop();
        var mutants = MutantCatalogue.All.Where(mutant => mutant.Name.Contains(only, StringComparison.Ordinal)).ToArray();
        int missed = 0;
        foreach (var mutant in mutants)
        {
            long start = Stopwatch.GetTimestamp();
            string verdict;
            var (pass, said) = await workshop.TestUnchangedAsync(mutant);
            if (!pass) verdict = $"MISSED, for its tests fail without it too: {said}";
            else if (await workshop.CatchAsync(mutant) is { } failed) verdict = $"caught by {failed}";
            else verdict = "MISSED";
            if (verdict.StartsWith("MISSED", StringComparison.Ordinal)) missed++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mutant.Name}: {verdict} ({Stopwatch.GetElapsedTime(start).TotalSeconds:0} s)"));
        }
        Console.WriteLine($"{mutants.Length - missed} caught, {missed} missed");
        return missed == 0 ? 0 : 1;
    }
}
