using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansBlip.Chaos.Nodes;
using OrleansBlip.Chaos.Schedules;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Chaos.Goodput;

/// <summary>Steps that a run takes while a node is killed every so often, as a share of those of an undisturbed run of the same time. Nodes are started as anybody starts them.</summary>
internal static class GoodputCommand
{
    private const int Nodes = 3;

    private static readonly Option<double> Minutes = new("--minutes") { Description = "Time of each of the two runs.", HelpName = "N", DefaultValueFactory = _ => 20 };
    private static readonly Option<double> KillEvery = new("--kill-every") { Description = "Seconds between kills.", HelpName = "S", DefaultValueFactory = _ => 60 };
    private static readonly Option<int> Backups = new("--backups") { Description = "Backups of each shard, 0 or 1.", HelpName = "N", DefaultValueFactory = _ => 1 };

    /// <summary>The command.</summary>
    public static Command Command()
    {
        var command = new Command("goodput", "Measures what is left of a run's speed when its nodes are killed one after the other. Run alone on the machine.") { Minutes, KillEvery, Backups };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (time, interval) = (TimeSpan.FromMinutes(parsed.GetValue(Minutes)), TimeSpan.FromSeconds(parsed.GetValue(KillEvery)));
        await using var arena = await Arena.OpenAsync(new ResultsFile(parsed.GetValue(SchedulesCommand.Results)!), parsed.GetValue(SchedulesCommand.Silo), cancellation);
        // More steps than any machine takes in that time.
        var request = arena.World.Request(steps: 10_000_000, slotCount: 6, slotSize: 4) with { CheckpointInterval = 200, Backups = parsed.GetValue(Backups) };
        var (undisturbed, _) = await MeasureAsync(arena, request with { CheckpointFolder = Path.Combine(arena.World.Folder, "undisturbed") }, time, null, cancellation);
        var (disturbed, kills) = await MeasureAsync(arena, request with { CheckpointFolder = Path.Combine(arena.World.Folder, "disturbed") }, time, interval, cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Nodes} nodes, {time.TotalMinutes:0.#} minutes each: {undisturbed} steps undisturbed, {disturbed} with {kills} kills: goodput {100.0 * disturbed / undisturbed:0.0}%"));
        return 0;
    }

    private static async Task<(long Steps, int Kills)> MeasureAsync(Arena arena, RunRequest request, TimeSpan time, TimeSpan? interval, CancellationToken cancellation)
    {
        await using var cluster = arena.NewCluster(NodeSettings.Default);
        await cluster.StartAsync(Enumerable.Repeat(NodeFault.None, Nodes));
        var run = RunId.Parse($"goodput-{Guid.NewGuid():N}");
        await (await cluster.RunAsync(run)).Start(request);
        // The first steps find the processes cold.
        while (await StepAsync(cluster, run) is not > 100) await Task.Delay(100, cancellation);
        long first = await StepAsync(cluster, run) ?? 0, last = first, start = Stopwatch.GetTimestamp();
        var kills = 0;
        List<Task> starts = [];
        for (var next = interval; Stopwatch.GetElapsedTime(start) < time;)
        {
            await Task.Delay(100, cancellation);
            if (next is null || Stopwatch.GetElapsedTime(start) < next) continue;
            next += interval;
            var node = cluster.AtWork[kills++ % cluster.AtWork.Count];
            node.Kill();
            // Whoever looks after the nodes starts it anew; the run does not wait for that.
            foreach (var done in starts.Where(one => one.IsCompleted)) await done;
            starts.Add(cluster.StartAsync(NodeFault.None, node.Name));
        }
        while (await StepAsync(cluster, run) is not { } step || (last = step) == 0) await Task.Delay(100, cancellation);
        // Else it would go on beside the next one, on nodes that find it under way in the database.
        await (await cluster.RunAsync(run)).Kill();
        return (last - first, kills);
    }

    private static async Task<long?> StepAsync(ChaosCluster cluster, RunId run)
    {
        try
        {
            var status = await (await cluster.RunAsync(run)).Status().WaitAsync(TimeSpan.FromSeconds(3));
            return status.State is RunState.Training or RunState.Checkpointing ? status.Step.Value : null;
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            // Its silo is gone; another one takes it over.
            return null;
        }
    }
}
