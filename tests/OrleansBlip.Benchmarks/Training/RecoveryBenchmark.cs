using System.CommandLine;
using System.Diagnostics;
using OrleansBlip.Client;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Silo;
using OrleansBlip.Silo.Processes;
using OrleansBlip.Silo.Storage;
using Spectre.Console;

namespace OrleansBlip.Benchmarks.Training;

/// <summary>How long a run stands still when one of three nodes is killed: three silo processes on a PostgreSQL of their own, kill -9 of each in turn, with and without backups.</summary>
internal static class RecoveryBenchmark
{
    private const int Nodes = 3, StepsBefore = 30, CheckpointInterval = 20;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20), CallPatience = TimeSpan.FromMilliseconds(500), Patience = TimeSpan.FromMinutes(2);

    public static Command Command()
    {
        var folder = new Option<string>("--out") { Description = "Where the world and checkpoints go.", DefaultValueFactory = _ => "recovery" };
        var repeats = new Option<int>("--repeats") { Description = "Kills with and without backups.", DefaultValueFactory = _ => 6 };
        var command = new Command("recovery", "Time from the kill -9 of one of three nodes until training goes on, and until it is further than before, with and without backups. Needs PostgreSQL's programs.") { folder, repeats };
        command.SetAction((result, cancellation) => RunAsync(Path.GetFullPath(result.GetRequiredValue(folder)), result.GetValue(repeats), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string folder, int repeats, CancellationToken cancellation)
    {
        TorchHost.PrepareProcess();
        await using var database = await LocalPostgres.StartAsync(cancellation);
        await PostgresStorage.MigrateAsync(database.Connection, cancellation);
        var world = TrainingCase.Of("demo", folder);
        var table = new Table().Border(TableBorder.Markdown);
        table.AddColumns("backups", "goes on after, s: median", "max", "is further after, s: median", "max", "each, s (the step before the kill)");
        Dictionary<int, List<Standstill>> times = new() { [1] = [], [0] = [] };
        // Turn and turn about: what the machine does meanwhile meets both.
        for (var repeat = 0; repeat < repeats; repeat++)
            foreach (var (backups, measured) in times)
                measured.Add(await MeasureAsync(database.Connection, world, folder, backups, killed: repeat % Nodes, cancellation));
        foreach (var (backups, measured) in times)
        {
            var (on, further) = (MedianAndMax(measured.Select(time => time.GoesOn)), MedianAndMax(measured.Select(time => time.IsFurther)));
            table.AddRow($"{backups}", $"{on.Median:f2}", $"{on.Max:f2}", $"{further.Median:f2}", $"{further.Max:f2}", string.Join(", ", measured.Select(time => $"{time.GoesOn:f2}, {time.IsFurther:f2} ({time.Step})")));
        }
        AnsiConsole.Profile.Width = 220; // a table that is redirected to a file must not wrap
        AnsiConsole.Write(table);
        return 0;
    }

    private static (double Median, double Max) MedianAndMax(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return ((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[^1]);
    }

    private static async Task<Standstill> MeasureAsync(string database, TrainingCase world, string folder, int backups, int killed, CancellationToken cancellation)
    {
        var name = $"recovery-{Guid.NewGuid():n}";
        var nodes = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(node => StartAsync($"node-{node + 1}", name, database)));
        try
        {
            await using var client = await BlipClient.ConnectToDatabaseAsync(database, name, cancellationToken: cancellation);
            var run = client.Run(RunId.Parse(name));
            var request = world.Request(Path.Combine(folder, name), steps: 1_000_000) with { Backups = backups, CheckpointInterval = CheckpointInterval };
            await run.Start(request);
            // The first steps find the processes cold.
            var before = await UntilAsync(run, status => status.Step.Value >= StepsBefore);
            var start = Stopwatch.GetTimestamp();
            nodes[killed].Kill();
            // Each node owns a shard, so its death is a new view.
            var taken = await UntilAsync(run, status => status.View > before.View && status.State == RunState.Training);
            await UntilAsync(run, status => status.Step > taken.Step);
            var goesOn = Stopwatch.GetElapsedTime(start);
            await UntilAsync(run, status => status.Step > before.Step);
            return new Standstill(goesOn.TotalSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds, before.Step.Value);
        }
        finally
        {
            foreach (var node in nodes) node.Dispose();
            await Task.WhenAll(nodes.Select(node => node.Ended));
        }
    }

    private static async Task<OwnedProcess> StartAsync(string name, string cluster, string database)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var node = await OwnedProcess.StartAsync(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "OrleansBlip.Silo.dll"), "--name", name, "--cluster", cluster, "--database", database, "--devices", "1", "--device", "cpu"],
            output: _ => started.TrySetResult());
        if (await Task.WhenAny(started.Task, node.Ended).WaitAsync(Patience) != started.Task) throw new InvalidOperationException(string.Join('\n', node.Complaints));
        return node;
    }

    /// <summary>Looks until it is so. A call that a dead silo has is given up soon.</summary>
    private static async Task<RunStatus> UntilAsync(ITrainingRun run, Func<RunStatus, bool> isReached)
    {
        using var look = new PeriodicTimer(Look);
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Patience;)
        {
            try
            {
                var status = await run.Status().WaitAsync(CallPatience);
                if (isReached(status)) return status;
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                // Its silo is gone; another one takes it over.
            }
            await look.WaitForNextTickAsync(CancellationToken.None);
        }
        throw new TimeoutException("The run does not get there.");
    }

    /// <summary>Seconds from a kill until a step is decided, and until one that was not decided before; the last step before the kill.</summary>
    private readonly record struct Standstill(double GoesOn, double IsFurther, long Step);
}
