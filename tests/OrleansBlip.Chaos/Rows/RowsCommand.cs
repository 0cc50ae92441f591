using System.CommandLine;
using OrleansBlip.Chaos.Schedules;

namespace OrleansBlip.Chaos.Rows;

/// <summary>Runs the rows of the fault catalogue that need processes.</summary>
internal static class RowsCommand
{
    /// <summary>The command.</summary>
    public static Command Command()
    {
        var only = new Option<string?>("--only") { Description = "Part of the name of those to run.", HelpName = "TEXT" };
        var command = new Command("rows", "Runs the rows of the fault catalogue that need processes.") { only };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(only) ?? "", parsed, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string only, ParseResult parsed, CancellationToken cancellation)
    {
        await using var arena = await Arena.OpenAsync(new ResultsFile(parsed.GetValue(SchedulesCommand.Results)!), parsed.GetValue(SchedulesCommand.Silo), cancellation);
        int passed = 0, failed = 0;
        foreach (var row in RowCatalogue.Of(arena.World).Where(row => row.Name.Contains(only, StringComparison.Ordinal)))
        {
            if (cancellation.IsCancellationRequested) break;
            if (await arena.RunAsync(row.Schedule, $"rows --only {row.Name}", isStrict: true)) passed++;
            else failed++;
        }
        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
