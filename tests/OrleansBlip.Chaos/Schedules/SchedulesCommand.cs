using System.CommandLine;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>Runs seeded schedules, one after the other.</summary>
internal static class SchedulesCommand
{
    private static readonly Option<int> Count = new("--schedules") { Description = "How many.", HelpName = "N", DefaultValueFactory = _ => 8 };
    private static readonly Option<int> Seed = new("--seed") { Description = "What they are drawn from.", HelpName = "S", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> From = new("--from") { Description = "The first one's number.", HelpName = "K", DefaultValueFactory = _ => 0 };
    private static readonly Option<bool> Long = new("--long") { Description = "The long ones: a node stands still for 20 s, or is cut off for 30 s." };

    /// <summary>File that each result is appended to.</summary>
    public static Option<FileInfo> Results { get; } = new("--results") { Description = "File that each result is appended to.", HelpName = "FILE", DefaultValueFactory = _ => new FileInfo(".chaos-results.txt"), Recursive = true };

    /// <summary>Program of a node.</summary>
    public static Option<FileInfo> Silo { get; } = new Option<FileInfo>("--silo") { Description = "A published silo, which is the program of all nodes; without it they run the one that was built with this.", HelpName = "PROGRAM", Recursive = true }.AcceptExistingOnly();

    /// <summary>Adds options and action to the program's root.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (Option option in new Option[] { Count, Seed, From, Long, Results, Silo }) root.Options.Add(option);
        root.SetAction(RunAsync);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (seed, from, count) = (parsed.GetValue(Seed), parsed.GetValue(From), parsed.GetValue(Count));
        var results = new ResultsFile(parsed.GetValue(Results)!);
        await using var arena = await Arena.OpenAsync(results, parsed.GetValue(Silo), cancellation);
        int passed = 0, failed = 0;
        for (int number = from; number < from + count && !cancellation.IsCancellationRequested; number++)
        {
            string name = $"--seed {seed} --from {number}{(parsed.GetValue(Long) ? " --long" : "")}";
            if (await arena.RunAsync(Schedule.Draw(seed, number, parsed.GetValue(Long)), name, isStrict: false)) passed++;
            else failed++;
        }
        Console.WriteLine($"All that {results.Path} knows: {results.Summary()}.");
        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 && passed == count ? 0 : 1;
    }
}
