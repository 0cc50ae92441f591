using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Configuration;
using Orleans.Serialization;
using OrleansBlip.Grains;
using OrleansBlip.Silo.Membership;

namespace OrleansBlip.Silo.Storage;

/// <summary>Membership, grain state and reminders of a cluster in PostgreSQL, by deploy/sql/postgres.sql.</summary>
public static class PostgresStorage
{
    /// <summary>The version of the tables and queries that this program was made for.</summary>
    public const int SchemaVersion = 3;

    /// <summary>The variable that may hold the connection string, so that a password need not stand on a command line.</summary>
    public const string Variable = "ORLEANSBLIP_DATABASE";

    /// <summary>The ADO.NET providers' name for Npgsql.</summary>
    private const string Invariant = "Npgsql";

    /// <summary>Only one at a time migrates: the key of an advisory lock, which means nothing else.</summary>
    private const long MigrationLock = 0x424C4950;

    /// <summary>A database that does not answer is asked again after this time.</summary>
    private static readonly TimeSpan AwayPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Makes tables and queries, or brings them up to date. Doing it again changes nothing.</summary>
    /// <exception cref="IOException">The database cannot be reached, or is newer than this program.</exception>
    public static Task MigrateAsync(string connection, CancellationToken cancellationToken) => WithAsync(connection, async database =>
    {
        await using var transaction = await database.BeginTransactionAsync(cancellationToken);
        await using (var guard = new NpgsqlCommand("SELECT pg_advisory_xact_lock(@key)", database, transaction) { Parameters = { new("key", MigrationLock) } })
            await guard.ExecuteNonQueryAsync(cancellationToken);
        if (await VersionAsync(database, cancellationToken) is { } version and > SchemaVersion)
            throw new IOException($"The database has tables of version {version}, this program knows {SchemaVersion}. Use the newer program.");
        await using (var script = new NpgsqlCommand(await ReadScriptAsync(cancellationToken), database, transaction)) await script.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }, cancellationToken);

    /// <summary>Makes sure that tables and queries are those that this program was made for.</summary>
    /// <exception cref="IOException">They are not, or the database cannot be reached; the message says what to do.</exception>
    public static async Task CheckAsync(string connection, CancellationToken cancellationToken)
    {
        int? version = await WithAsync(connection, database => VersionAsync(database, cancellationToken), cancellationToken);
        if (version is null) throw new IOException("The database has no tables of OrleansBlip yet: run 'blip db migrate'.");
        if (version < SchemaVersion) throw new IOException($"The database has tables of version {version}, this program needs {SchemaVersion}: run 'blip db migrate'.");
        if (version > SchemaVersion) throw new IOException($"The database has tables of version {version}, this program knows {SchemaVersion}. Use the newer program.");
    }

    /// <summary>Waits for a database that does not answer at the moment; what is wrong with one that does, <see cref="CheckAsync"/> says.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="tell">Is told, once, what is waited for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatabaseAwayException">It does not answer in time.</exception>
    /// <exception cref="IOException">It cannot be used.</exception>
    public static async Task AwaitAsync(string connection, TimeSpan patience, Func<string, Task> tell, TimeProvider time, CancellationToken cancellationToken)
    {
        bool isTold = false;
        for (long start = time.GetTimestamp(); ; await Task.Delay(AwayPause, time, cancellationToken))
        {
            try
            {
                await WithAsync(connection, _ => Task.FromResult(true), cancellationToken);
                return;
            }
            catch (DatabaseAwayException away) when (time.GetElapsedTime(start) < patience)
            {
                if (!isTold) await tell($"{away.Message.TrimEnd('.')}. It is waited for, up to {patience.TotalSeconds:0} s.");
                isTold = true;
            }
        }
    }

    internal static void Use(ISiloBuilder silo, string connection, TimeSpan probeTimeout)
    {
        silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, connection));
        silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (Invariant, connection));
        silo.AddAdoNetGrainStorage(BlipStorage.Name, options => (options.Invariant, options.ConnectionString) = (Invariant, connection));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => ActivatorUtilities.CreateInstance<JoiningInTurn>(services, connection));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => ActivatorUtilities.CreateInstance<SilentSilos>(services, connection));
        // A caller is told what the database says while it is away: an exception that may not travel would come as one about serialization.
        silo.Configure<ExceptionSerializationOptions>(exceptions => exceptions.SupportedNamespacePrefixes.Add(nameof(Npgsql)));
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // After so long without a word SilentSilos may bury a silo, and Orleans counts it no more among those whose vote it takes to declare another one dead. By default that is a minute and a half.
            (membership.IAmAliveTablePublishTimeout, membership.NumMissedTableIAmAliveLimit) = (probeTimeout, 2);
            // One whose clock is ahead takes all others for silent and gossips with none of them. What they do not hear they are to read soon: a silo that believes itself alone has coordinators of its own.
            membership.TableRefreshTimeout = probeTimeout * 2;
            // By the clock of a silo that is minutes ahead, all those that are just joining have been at it for too long: it would declare them dead.
            membership.EvictWhenMaxJoinAttemptTimeExceeded = false;
            // What died an hour ago is of no interest to anybody.
            (membership.DefunctSiloExpiration, membership.DefunctSiloCleanupPeriod) = (TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        });
    }

    private static async Task<int?> VersionAsync(NpgsqlConnection database, CancellationToken cancellationToken)
    {
        await using (var exists = new NpgsqlCommand("SELECT to_regclass('OrleansBlipSchema') IS NOT NULL", database))
            if (await exists.ExecuteScalarAsync(cancellationToken) is not true) return null;
        await using var read = new NpgsqlCommand("SELECT max(Version) FROM OrleansBlipSchema", database);
        return await read.ExecuteScalarAsync(cancellationToken) as int?;
    }

    private static async Task<T> WithAsync<T>(string connection, Func<NpgsqlConnection, Task<T>> use, CancellationToken cancellationToken)
    {
        try
        {
            await using var database = new NpgsqlConnection(connection);
            await database.OpenAsync(cancellationToken);
            return await use(database);
        }
        // The connection string may hold a password: it is not told.
        catch (NpgsqlException failure) when (IsAway(failure))
        {
            throw new DatabaseAwayException($"The database cannot be used: {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is NpgsqlException or ArgumentException)
        {
            throw new IOException($"The database cannot be used: {failure.Message}", failure);
        }
    }

    // Class 57P: it is shutting down, starting up, or has lost one of its processes.
    private static bool IsAway(NpgsqlException failure) => failure.IsTransient || failure.SqlState?.StartsWith("57P", StringComparison.Ordinal) == true;

    private static async Task<string> ReadScriptAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(typeof(PostgresStorage).Assembly.GetManifestResourceStream("OrleansBlip.Silo.Storage.postgres.sql")!);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
