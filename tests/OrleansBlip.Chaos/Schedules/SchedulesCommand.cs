using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansBlip.Chaos.Nodes;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>Runs seeded schedules, one after the other.</summary>
internal static class SchedulesCommand
{
    /// <summary>Slower ones are told.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(20);

    /// <summary>Probes of nodes of a schedule: a dead one is to be missed soon.</summary>
    private static readonly string[] NodeOptions = ["--probe-timeout", "1"];

    private static readonly Option<int> Count = new("--schedules") { Description = "How many.", HelpName = "N", DefaultValueFactory = _ => 8 };
    private static readonly Option<int> Seed = new("--seed") { Description = "What they are drawn from.", HelpName = "S", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> From = new("--from") { Description = "The first one's number.", HelpName = "K", DefaultValueFactory = _ => 0 };
    private static readonly Option<bool> Long = new("--long") { Description = "The long ones: a node stands still for 20 s, or is cut off for 30 s." };
    private static readonly Option<FileInfo> Results = new("--results") { Description = "File that each result is appended to.", HelpName = "FILE", DefaultValueFactory = _ => new FileInfo(".chaos-results.txt") };

    /// <summary>Adds options and action to the program's root.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (Option option in new Option[] { Count, Seed, From, Long, Results }) root.Options.Add(option);
        root.SetAction((parsed, cancellation) => RunAsync(parsed, cancellation));
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (seed, from, count) = (parsed.GetValue(Seed), parsed.GetValue(From), parsed.GetValue(Count));
        var network = Network.IsOwn ? await Network.OpenAsync() : null;
        if (network is null) Console.WriteLine($"Nodes are not cut off from each other: {Network.MissingReason}.");
        if (!Node.IsWithFakeTime) Console.WriteLine("Clocks are right: libfaketime is not installed.");
        using var world = new ChaosWorld();
        await using var database = await LocalPostgres.StartAsync(cancellation);
        await PostgresStorage.MigrateAsync(database.Connection, cancellation);
        var results = new ResultsFile(parsed.GetValue(Results)!);
        int failed = 0;
        for (int number = from; number < from + count && !cancellation.IsCancellationRequested; number++)
        {
            if (!await RunOneAsync(Schedule.Draw(seed, number, parsed.GetValue(Long)), world, database, network, results)) failed++;
        }
        Console.WriteLine($"All that {results.Path} knows: {results.Summary()}.");
        Console.WriteLine($"{count - failed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    private static async Task<bool> RunOneAsync(Schedule schedule, ChaosWorld world, LocalPostgres database, Network? network, ResultsFile results)
    {
        long start = Stopwatch.GetTimestamp();
        string? problem;
        string remarks;
        await using (var cluster = new ChaosCluster(database, network, NodeOptions))
        {
            try
            {
                (problem, var told) = await new ScheduleRun(schedule, world, cluster).RunAsync();
                remarks = string.Join("; ", told);
            }
            catch (Exception exception)
            {
                // Whatever it is, the schedules after this one are to run.
                (problem, remarks) = ($"{exception.GetType().Name}: {exception.Message}", "");
            }
            if (problem is not null) remarks += $"; logs in {results.KeepLogs(schedule, cluster.Nodes)}";
        }
        var took = Stopwatch.GetElapsedTime(start);
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{(problem is null ? "passed" : "FAILED")} --seed {schedule.Seed} --from {schedule.Number} in {took.TotalSeconds:0.0} s{(took > Slow ? " (slow)" : "")}: {schedule} [{remarks}]{(problem is null ? "" : $" {problem}")}");
        Console.WriteLine(line);
        results.Append(line);
        return problem is null;
    }
}
