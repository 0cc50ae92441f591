using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Jobs;

/// <summary>The PostgreSQL database of a cluster: one that is named, or one of its own, made in a temporary folder and removed at the end.</summary>
internal sealed class ClusterDatabase : IAsyncDisposable
{
    private readonly LocalPostgres? _own;

    private ClusterDatabase(string connection, LocalPostgres? own) => (Connection, _own) = (connection, own);

    /// <summary>Its connection string.</summary>
    public string Connection { get; }

    /// <summary>Opens it, with its tables.</summary>
    /// <param name="connection">The one that is named; null for one of its own.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">It cannot be used, lacks the tables, or PostgreSQL is not installed; the message says what to do.</exception>
    public static async Task<ClusterDatabase> OpenAsync(string? connection, CancellationToken cancellation)
    {
        if (connection is not null)
        {
            await PostgresStorage.CheckAsync(connection, cancellation);
            return new ClusterDatabase(connection, own: null);
        }
        if (LocalPostgres.MissingReason is { } reason) throw new IOException($"{reason}, or name a database by --database.");
        var server = await LocalPostgres.StartAsync(cancellation);
        try
        {
            await PostgresStorage.MigrateAsync(server.Connection, cancellation);
            return new ClusterDatabase(server.Connection, server);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;
}
