using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Silo.Membership;
using OrleansBlip.Silo.Tests.Storage;
using OrleansBlip.Silo.Tests.Training;

namespace OrleansBlip.Silo.Tests.Membership;

public sealed class JoiningInTurnTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string IsItsLock = "locktype = 'advisory' AND granted AND (classid::bigint << 32) | objid::bigint = @key";

    private readonly string _cluster = Guid.NewGuid().ToString("N");

    [PostgresFact]
    public async Task Turn_OfASilo_LastsFromBeforeItJoinsUntilItIsActive()
    {
        var look = new Look(() => IsTakenAsync());
        using var log = new TestLog();
        await using var silo = await StartAsync(log, look);

        Assert.True(look.WasTaken);
        Assert.False(await IsTakenAsync());
        Assert.Empty(log.Lines);
    }

    [PostgresFact]
    public async Task Silo_WhoseTurnDoesNotCome_JoinsAllTheSame()
    {
        await using var another = new NpgsqlConnection(postgres.Server.Connection);
        await another.OpenAsync();
        await using var take = new NpgsqlCommand($"SELECT pg_advisory_lock({JoiningInTurn.KeyOf(_cluster)})", another);
        await take.ExecuteNonQueryAsync();
        using var log = new TestLog();
        await using var silo = await StartAsync(log, new Look(() => Task.FromResult(true)));

        Assert.Contains("joins out of turn", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.True(await IsTakenAsync());
    }

    [PostgresFact]
    public async Task Silo_WhoseTurnIsLostWithItsConnection_JoinsAllTheSame()
    {
        var look = new Look(async () =>
        {
            await using var database = new NpgsqlConnection(postgres.Server.Connection);
            await database.OpenAsync();
            await using var end = new NpgsqlCommand($"SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE {IsItsLock}", database) { Parameters = { new("key", JoiningInTurn.KeyOf(_cluster)) } };
            return Convert.ToInt64(await end.ExecuteScalarAsync(), CultureInfo.InvariantCulture) == 1;
        });
        using var log = new TestLog();
        await using var silo = await StartAsync(log, look);

        Assert.True(look.WasTaken);
        Assert.Contains("joins out of turn", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.False(await IsTakenAsync());
    }

    private Task<BlipSilo> StartAsync(TestLog log, Look look) => BlipSilo.StartAsync(
        new BlipSiloOptions { ClusterId = _cluster, Database = postgres.Server.Connection },
        services => services.AddSingleton<ISlotComputerFactory>(new FakeModel("node-1", new FakeBehaviour()))
            .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(look)
            .AddLogging(logging => logging.AddProvider(log)));

    private async Task<bool> IsTakenAsync()
    {
        await using var database = new NpgsqlConnection(postgres.Server.Connection);
        await database.OpenAsync();
        await using var count = new NpgsqlCommand($"SELECT count(*) FROM pg_locks WHERE {IsItsLock}", database)
        {
            Parameters = { new("key", JoiningInTurn.KeyOf(_cluster)) },
        };
        return Convert.ToInt64(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture) > 0;
    }

    /// <summary>Looks whether the turn is taken when a silo has said that it is joining and is not active yet.</summary>
    private sealed class Look(Func<Task<bool>> isTaken) : ILifecycleParticipant<ISiloLifecycle>
    {
        public bool WasTaken { get; private set; }

        public void Participate(ISiloLifecycle lifecycle) =>
            lifecycle.Subscribe(nameof(Look), ServiceLifecycleStage.ApplicationServices, async _ => WasTaken = await isTaken());
    }
}
