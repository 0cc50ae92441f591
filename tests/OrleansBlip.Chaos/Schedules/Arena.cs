using System.Diagnostics;
using System.Globalization;
using OrleansBlip.Chaos.Nodes;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Chaos.Schedules;

/// <summary>What schedules share: a world, a database, a network. Each schedule has a cluster and a run of its own.</summary>
internal sealed class Arena : IAsyncDisposable
{
    /// <summary>Slower ones are told.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(20);

    private readonly ResultsFile _results;
    private readonly LocalPostgres _database;
    private readonly Network? _network;
    private readonly FileInfo? _silo;

    private Arena(ResultsFile results, LocalPostgres database, Network? network, FileInfo? silo) => (_results, _database, _network, _silo) = (results, database, network, silo);

    /// <summary>The world of all runs.</summary>
    public ChaosWorld World { get; } = new();

    /// <summary>Starts the database and says what this machine cannot do.</summary>
    /// <param name="results">Where lines go.</param>
    /// <param name="silo">A published silo, for all nodes; null for the one that was built with this program.</param>
    /// <param name="cancellation">Ends the wait for the database.</param>
    public static async Task<Arena> OpenAsync(ResultsFile results, FileInfo? silo, CancellationToken cancellation)
    {
        var network = Network.IsOwn ? await Network.OpenAsync() : null;
        if (network is null) Console.WriteLine($"Nodes are not cut off from each other: {Network.MissingReason}.");
        if (!Node.IsWithFakeTime) Console.WriteLine("Clocks are right: libfaketime is not installed.");
        var database = await LocalPostgres.StartAsync(cancellation);
        await PostgresStorage.MigrateAsync(database.Connection, cancellation);
        return new Arena(results, database, network, silo);
    }

    /// <summary>A cluster without nodes yet.</summary>
    public ChaosCluster NewCluster(NodeSettings settings) => new(_database, _network, settings with { Program = _silo?.FullName });

    /// <summary>Carries a schedule out, prints its line and appends it to the results.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="name">How to run it again, or what it is called.</param>
    /// <param name="isStrict">Whether it has failed where something of it could not be done; else that is only told.</param>
    /// <returns>Whether it passed.</returns>
    public async Task<bool> RunAsync(Schedule schedule, string name, bool isStrict)
    {
        long start = Stopwatch.GetTimestamp();
        string? problem;
        string remarks;
        await using (var delay = schedule.IsDelayed && _network is not null ? await DelayedLinks.OpenAsync(ChaosCluster.PortOf(_database)) : null)
        await using (var cluster = NewCluster(NodeSettings.ShortLived))
        {
            try
            {
                (problem, var missed, var told) = await new ScheduleRun(schedule, World, cluster).RunAsync();
                if (schedule.IsDelayed && delay is not { Connections: > 0 }) missed = missed.Add("a delay");
                if (delay is not null) told = told.Add($"{delay.Connections} connections were slow");
                string notDone = $"not done: {string.Join(", ", missed)}";
                if (isStrict && missed.Length > 0) problem ??= notDone;
                remarks = string.Join("; ", missed.Length > 0 ? [notDone, .. told] : told);
            }
            catch (Exception exception)
            {
                // Whatever it is, the schedules after this one are to run.
                (problem, remarks) = ($"{exception.GetType().Name}: {exception.Message}", "");
                Console.Error.WriteLine(exception);
            }
            if (problem is not null) remarks += $"; logs in {_results.KeepLogs(schedule, cluster.Nodes)}";
        }
        var took = Stopwatch.GetElapsedTime(start);
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{(problem is null ? "passed" : "FAILED")} {name} in {took.TotalSeconds:0.0} s{(took > Slow ? " (slow)" : "")}: {schedule} [{remarks}]{(problem is null ? "" : $" {problem}")}");
        Console.WriteLine(line);
        _results.Append(line);
        return problem is null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        World.Dispose();
    }
}
