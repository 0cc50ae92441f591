using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Silo.Tests.Storage;

/// <summary>A server with the tables of a cluster, for the tests of a class; none where its programs are not installed.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private LocalPostgres? _server;

    public LocalPostgres Server => _server!;

    public async Task InitializeAsync()
    {
        if (LocalPostgres.MissingReason is not null) return;
        _server = await LocalPostgres.StartAsync();
        await PostgresStorage.MigrateAsync(_server.Connection, default);
    }

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
