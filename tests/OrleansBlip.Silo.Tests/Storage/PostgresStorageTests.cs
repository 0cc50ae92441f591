using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Storage;
using OrleansBlip.Grains;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Silo.Storage;
using OrleansBlip.Silo.Tests.Training;

namespace OrleansBlip.Silo.Tests.Storage;

/// <summary>Our SQL behind Orleans' own providers, on a real PostgreSQL.</summary>
public sealed class PostgresStorageTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, DateTimeKind.Utc);

    [PostgresFact]
    public async Task State_WrittenReadAndCleared_KeepsItsVersion()
    {
        await using var silo = await StartAsync();
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(BlipStorage.Name);
        var id = GrainId.Create("thing", "a/with/a/long/key");
        var state = new GrainState<SqliteStorageTests.Note>(new("one"));
        await storage.WriteStateAsync("state", id, state);
        Assert.Equal("1", state.ETag);
        state.State = new("two");
        await storage.WriteStateAsync("state", id, state);
        var read = new GrainState<SqliteStorageTests.Note>();
        await storage.ReadStateAsync("state", id, read);
        Assert.Equal((new("two"), "2", true), (read.State, read.ETag, read.RecordExists));
        await storage.ClearStateAsync("state", id, read);
        var cleared = new GrainState<SqliteStorageTests.Note>();
        await storage.ReadStateAsync("state", id, cleared);
        Assert.False(cleared.RecordExists);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("state", id, state));
    }

    [PostgresFact]
    public async Task State_RacedByMany_HasOneWinnerEachTime()
    {
        await using var silo = await StartAsync();
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(BlipStorage.Name);
        var id = GrainId.Create("thing", "raced");
        Assert.Single(await RaceAsync(16, i => storage.WriteStateAsync("state", id, new GrainState<int>(i))), won => won);
        var read = new GrainState<int>();
        await storage.ReadStateAsync("state", id, read);
        Assert.Single(await RaceAsync(16, i => storage.WriteStateAsync("state", id, new GrainState<int>(i) { ETag = read.ETag, RecordExists = true })), won => won);
    }

    [PostgresFact]
    public async Task State_ClearedWhereThatDeletes_IsGone()
    {
        await using var silo = await StartAsync(configure: services => services.Configure<AdoNetGrainStorageOptions>(BlipStorage.Name, storage => storage.DeleteStateOnClear = true));
        await SqliteStorageTests.CheckDeletesAsync(silo.Services.GetRequiredKeyedService<IGrainStorage>(BlipStorage.Name));
    }

    [PostgresFact]
    public async Task Membership_ChangedForAStaleVersion_StaysAsItIs()
    {
        await using var silo = await StartAsync();
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        var before = await table.ReadAllAsync();
        var (member, _) = Assert.Single(before.Members);
        Assert.Equal(("node-1", SiloStatus.Active), (member.SiloName, member.Status));

        Assert.True(await table.InsertRowAsync(Member("other", port: 7), before.Version.Next()));
        Assert.False(await table.InsertRowAsync(Member("third", port: 8), before.Version.Next())); // a version that is past
        var after = await table.ReadAllAsync();
        Assert.Equal((2, before.Version.Version + 1), (after.Members.Count, after.Version.Version));
        Assert.False(await table.InsertRowAsync(Member("other", port: 7), after.Version.Next())); // it is there already
        Assert.Equal(after.Version.Version, (await table.ReadAllAsync()).Version.Version);
        var other = Member("other", port: 7);
        Assert.False(await UpdateAsync(silo, other, version: after.Version.Version - 1));
        Assert.False(await UpdateAsync(silo, Member("nobody", port: 9), after.Version.Version));
        Assert.Equal(after.Version.Version, (await table.ReadAllAsync()).Version.Version);
        Assert.True(await UpdateAsync(silo, other, after.Version.Version));
        Assert.Equal(after.Version.Version + 1, (await table.ReadAllAsync()).Version.Version);

        var row = Assert.Single((await table.ReadRowAsync(other.SiloAddress)).Members).Item1;
        Assert.Equal((SiloStatus.Dead, "other", Noon), (row.Status, row.SiloName, row.StartTime));
        Assert.Equal(9, Assert.Single(row.SuspectTimes!).Item1.Endpoint.Port);
        Assert.Empty((await table.ReadRowAsync(Member("nobody", port: 9).SiloAddress)).Members);

        other.IAmAliveTime = Noon.AddMinutes(1);
        await table.UpdateIAmAliveAsync(other);
        Assert.Equal(Noon.AddMinutes(1), Assert.Single((await table.ReadRowAsync(other.SiloAddress)).Members).Item1.IAmAliveTime);
        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(Noon.AddSeconds(30)));
        Assert.Equal(2, (await table.ReadAllAsync()).Members.Count);
        await table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(Noon.AddMinutes(2)));
        Assert.Equal("node-1", Assert.Single((await table.ReadAllAsync()).Members).Item1.SiloName);
    }

    [PostgresFact]
    public async Task Membership_OfASiloWhoseClockIsAhead_HoldsNothingThatIsYetToCome()
    {
        await using var silo = await StartAsync();
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        var tomorrow = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(1);
        var ahead = Member("ahead", port: 7);
        (ahead.StartTime, ahead.IAmAliveTime) = (tomorrow, tomorrow);
        Assert.True(await table.InsertRowAsync(ahead, (await table.ReadAllAsync()).Version.Next()));
        await CheckAsync();
        await table.UpdateIAmAliveAsync(ahead);
        await CheckAsync();

        // What died is taken for alive until the later of both has passed.
        async Task CheckAsync()
        {
            var row = Assert.Single((await table.ReadRowAsync(ahead.SiloAddress)).Members).Item1;
            Assert.True(row.StartTime < tomorrow.AddHours(-12) && row.IAmAliveTime < tomorrow.AddHours(-12), $"started {row.StartTime:O}, alive {row.IAmAliveTime:O}");
        }
    }

    [PostgresFact]
    public async Task Membership_OfASiloThatSaysThatItIsAlive_TellsWhenTheDatabaseHeardOfIt()
    {
        await using var silo = await StartAsync();
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        var member = Member("behind", port: 7);
        Assert.True(await table.InsertRowAsync(member, (await table.ReadAllAsync()).Version.Next()));
        string row = $"OrleansMembershipTable WHERE DeploymentId = '{ClusterOf(silo)}' AND SiloName = 'behind'", heard = $"{row} AND HeardAt > now() - interval '1 minute'";
        Assert.Equal(1, await CountAsync(heard));
        await ExecuteAsync(postgres.Server.Connection, $"UPDATE {row.Replace("WHERE", "SET HeardAt = HeardAt - interval '1 hour' WHERE", StringComparison.Ordinal)}");
        Assert.Equal(0, await CountAsync(heard));
        await table.UpdateIAmAliveAsync(member);
        Assert.Equal(1, await CountAsync(heard));
    }

    [PostgresFact]
    public async Task Membership_RacedByMany_RaisesTheVersionOnceForEachWinner()
    {
        await using var silo = await StartAsync();
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        for (int round = 0; round < 5; round++)
        {
            var before = await table.ReadAllAsync();
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
            {
                await Task.Yield();
                return await table.InsertRowAsync(Member($"silo-{round}-{i}", port: 100 + 20 * round + i), before.Version.Next());
            }));
            Assert.Single(outcomes, won => won);
            var after = await table.ReadAllAsync();
            Assert.Equal((before.Members.Count + 1, before.Version.Version + 1), (after.Members.Count, after.Version.Version));
        }
    }

    [PostgresFact]
    public async Task Membership_UpdatedByManyAtOnce_HasOneWinner()
    {
        await using var silo = await StartAsync();
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        MembershipEntry[] members = [.. Enumerable.Range(0, 12).Select(i => Member($"silo-{i}", port: 100 + i))];
        foreach (var member in members) Assert.True(await table.InsertRowAsync(member, (await table.ReadAllAsync()).Version.Next()));
        var before = await table.ReadAllAsync();
        var outcomes = await Task.WhenAll(members.Select(async member =>
        {
            await Task.Yield();
            member.Status = SiloStatus.Dead;
            return await table.UpdateRowAsync(member, before.Version.VersionEtag, before.Version.Next());
        }));
        Assert.Single(outcomes, won => won);
        var after = await table.ReadAllAsync();
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        var dead = Assert.Single(after.Members, row => row.Item1.Status == SiloStatus.Dead);
        Assert.Equal(members[Array.IndexOf(outcomes, true)].SiloAddress, dead.Item1.SiloAddress);
    }

    [PostgresFact]
    public async Task Membership_OfOneCluster_IsDeletedWithoutTheOthers()
    {
        string left;
        await using (var silo = await StartAsync()) left = ClusterOf(silo);
        await using var other = await StartAsync();
        var table = other.Services.GetRequiredService<IMembershipTable>();
        string[] tables = ["OrleansMembershipTable", "OrleansMembershipVersionTable"];
        foreach (string name in tables) Assert.Equal(1, await CountAsync($"{name} WHERE DeploymentId = '{left}'"));
        await table.DeleteMembershipTableEntriesAsync(left);
        foreach (string name in tables) Assert.Equal(0, await CountAsync($"{name} WHERE DeploymentId = '{left}'"));
        Assert.Equal("node-1", Assert.Single((await table.ReadAllAsync()).Members).Item1.SiloName);
    }

    [PostgresFact]
    public async Task Reminders_Cleared_LeaveThoseOfAnotherService()
    {
        await using var silo = await StartAsync();
        var table = silo.Services.GetRequiredService<IReminderTable>();
        var (mine, theirs) = (GrainId.Create("thing", "mine"), GrainId.Create("thing", "theirs"));
        await table.UpsertRow(Reminder(mine, minutes: 1));
        await table.UpsertRow(Reminder(theirs, minutes: 1));
        await ExecuteAsync(postgres.Server.Connection, $"UPDATE OrleansRemindersTable SET ServiceId = 'another' WHERE GrainId = '{theirs}'");
        await table.TestOnlyClearTable();
        Assert.Null(await table.ReadRow(mine, "alive"));
        Assert.Equal((0, 1), (await CountAsync("OrleansRemindersTable WHERE ServiceId <> 'another'"), await CountAsync("OrleansRemindersTable WHERE ServiceId = 'another'")));
    }

    [PostgresFact]
    public async Task Reminders_WrittenReadAndRemoved_KeepTheirVersion()
    {
        await using var silo = await StartAsync();
        var table = silo.Services.GetRequiredService<IReminderTable>();
        var grains = Enumerable.Range(0, 20).Select(i => GrainId.Create("thing", $"{i}")).ToArray();
        foreach (var grain in grains) await table.UpsertRow(Reminder(grain, minutes: 1));
        await table.UpsertRow(Reminder(grains[0], minutes: 2));

        var one = (await table.ReadRow(grains[0], "alive"))!;
        Assert.Equal((Noon, TimeSpan.FromMinutes(2)), (one.StartAt, one.Period));
        Assert.Single((await table.ReadRows(grains[1])).Reminders);
        // Each reminder is in one of two ranges that together are the whole ring, the second of them wrapping round.
        uint[] hashes = [.. grains.Select(grain => grain.GetUniformHashCode()).Order()];
        var (first, second) = (await table.ReadRows(hashes[3], hashes[12]), await table.ReadRows(hashes[12], hashes[3]));
        Assert.Equal((9, 11), (first.Reminders.Count, second.Reminders.Count));

        Assert.False(await table.RemoveRow(grains[0], "alive", "0"));
        Assert.True(await table.RemoveRow(grains[0], "alive", one.ETag!));
        Assert.Null(await table.ReadRow(grains[0], "alive"));
    }

    [PostgresFact]
    public async Task Migrate_AgainAndAtOnce_ChangesNothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgresStorage.MigrateAsync(postgres.Server.Connection, default)));
        await PostgresStorage.CheckAsync(postgres.Server.Connection, default);
    }

    [PostgresFact]
    public async Task Check_OfADatabaseWithoutOurTables_SaysWhatToDo()
    {
        string empty = await CreateDatabaseAsync("empty");
        Assert.Contains("run 'blip db migrate'", (await Assert.ThrowsAsync<IOException>(() => StartAsync(empty))).Message, StringComparison.Ordinal);
        await PostgresStorage.MigrateAsync(empty, default);
        await ExecuteAsync(empty, "UPDATE OrleansBlipSchema SET Version = 99");
        Assert.Contains("version 99", (await Assert.ThrowsAsync<IOException>(() => PostgresStorage.CheckAsync(empty, default))).Message, StringComparison.Ordinal);
        Assert.Contains("version 99", (await Assert.ThrowsAsync<IOException>(() => PostgresStorage.MigrateAsync(empty, default))).Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Migrate_OfAnOlderDatabase_BringsItUpToDateAndKeepsWhatItHolds()
    {
        string older = await CreateDatabaseAsync("older");
        await PostgresStorage.MigrateAsync(older, default);
        // An older version's queries were others, and a table and a column of the newer one were missing.
        await ExecuteAsync(older, $"""
            UPDATE OrleansBlipSchema SET Version = {PostgresStorage.SchemaVersion - 1};
            UPDATE OrleansQuery SET QueryText = 'SELECT 1';
            DROP TABLE OrleansRemindersTable;
            ALTER TABLE OrleansMembershipTable DROP COLUMN HeardAt;
            INSERT INTO OrleansMembershipVersionTable (DeploymentId, Version) VALUES ('kept', 7);
            """);
        string refusal = (await Assert.ThrowsAsync<IOException>(() => PostgresStorage.CheckAsync(older, default))).Message;
        Assert.Contains($"version {PostgresStorage.SchemaVersion - 1}, this program needs {PostgresStorage.SchemaVersion}: run 'blip db migrate'", refusal, StringComparison.Ordinal);

        await PostgresStorage.MigrateAsync(older, default);
        await using var silo = await StartAsync(older);
        Assert.Empty((await silo.Services.GetRequiredService<IReminderTable>().ReadRows(0, uint.MaxValue)).Reminders);
        Assert.Equal(1, await CountAsync("OrleansMembershipVersionTable WHERE DeploymentId = 'kept' AND Version = 7", older));
        Assert.Equal(0, await CountAsync("OrleansQuery WHERE QueryText = 'SELECT 1'", older));
    }

    [Fact]
    public async Task Check_OfADatabaseThatIsNotThere_SaysSoWithoutThePassword()
    {
        var failure = await Assert.ThrowsAsync<DatabaseAwayException>(() => PostgresStorage.CheckAsync("Host=127.0.0.1;Port=1;Username=me;Password=secret", default));
        Assert.StartsWith("The database cannot be used: ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    private Task<BlipSilo> StartAsync(string? database = null, Action<IServiceCollection>? configure = null) => BlipSilo.StartAsync(
        new BlipSiloOptions { ClusterId = Guid.NewGuid().ToString("N"), Database = database ?? postgres.Server.Connection },
        services =>
        {
            services.AddSingleton<ISlotComputerFactory>(new FakeModel("node-1", new FakeBehaviour()));
            configure?.Invoke(services);
        });

    private static string ClusterOf(BlipSilo silo) => silo.Services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId;

    private async Task<string> CreateDatabaseAsync(string name)
    {
        await ExecuteAsync(postgres.Server.Connection, $"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(postgres.Server.Connection) { Database = name }.ToString();
    }

    private static async Task ExecuteAsync(string connection, string text)
    {
        await using var database = new NpgsqlConnection(connection);
        await database.OpenAsync();
        await using var command = new NpgsqlCommand(text, database);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> CountAsync(string rows, string? connection = null)
    {
        await using var database = new NpgsqlConnection(connection ?? postgres.Server.Connection);
        await database.OpenAsync();
        await using var count = new NpgsqlCommand($"SELECT count(*) FROM {rows}", database);
        return (long)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>Declares a member dead by the text that the provider runs, as suspected by one other.</summary>
    private async Task<bool> UpdateAsync(BlipSilo silo, MembershipEntry member, int version)
    {
        await using var database = new NpgsqlConnection(postgres.Server.Connection);
        await database.OpenAsync();
        await using var read = new NpgsqlCommand("SELECT QueryText FROM OrleansQuery WHERE QueryKey = 'UpdateMembershipKey'", database);
        await using var update = new NpgsqlCommand((string)(await read.ExecuteScalarAsync())!, database)
        {
            Parameters =
            {
                new("DeploymentId", ClusterOf(silo)), new("Version", version),
                new("Address", member.SiloAddress.Endpoint.Address.ToString()), new("Port", member.SiloAddress.Endpoint.Port), new("Generation", member.SiloAddress.Generation),
                new("Status", (int)SiloStatus.Dead), new("SuspectTimes", "127.0.0.1:9@5,2026-01-02 12:00:00.000 GMT"), new("IAmAliveTime", Noon),
            },
        };
        return (bool)(await update.ExecuteScalarAsync())!;
    }

    private static Task<bool[]> RaceAsync(int writers, Func<int, Task> write) => Task.WhenAll(Enumerable.Range(0, writers).Select(async i =>
    {
        try
        {
            await Task.Yield();
            await write(i);
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }));

    // Not active: the silo that runs would go and look whether they live.
    private static MembershipEntry Member(string name, int port, SiloStatus status = SiloStatus.Created) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, port, 5),
        SiloName = name,
        HostName = "here",
        Status = status,
        ProxyPort = 30000 + port,
        StartTime = Noon,
        IAmAliveTime = Noon,
    };

    private static ReminderEntry Reminder(GrainId grain, int minutes) => new() { GrainId = grain, ReminderName = "alive", StartAt = Noon, Period = TimeSpan.FromMinutes(minutes) };
}
