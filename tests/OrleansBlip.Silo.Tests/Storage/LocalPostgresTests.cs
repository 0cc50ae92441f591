using Npgsql;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Silo.Tests.Storage;

public sealed class LocalPostgresTests
{
    [PostgresFact]
    public async Task Server_OfOnesOwn_WantsItsPasswordKeepsWhatItAcknowledgedAndLeavesNothing()
    {
        var server = await LocalPostgres.StartAsync();
        string folder;
        await using (server)
        {
            folder = Path.GetDirectoryName((string)(await AskAsync(server.Connection, "SHOW data_directory"))!)!;
            Assert.Equal(("on", "on", "127.0.0.1"), (await AskAsync(server.Connection, "SHOW fsync"), await AskAsync(server.Connection, "SHOW synchronous_commit"), await AskAsync(server.Connection, "SHOW listen_addresses")));
            string stranger = new NpgsqlConnectionStringBuilder(server.Connection) { Password = "guessed" }.ToString();
            Assert.Equal(PostgresErrorCodes.InvalidPassword, (await Assert.ThrowsAsync<PostgresException>(() => AskAsync(stranger, "SELECT 1"))).SqlState);

            await AskAsync(server.Connection, "CREATE TABLE Kept AS SELECT 7 AS Number");
            await server.KillAsync();
            await server.RestartAsync();
            Assert.Equal(7, await AskAsync(server.Connection, "SELECT Number FROM Kept"));
        }
        Assert.False(Directory.Exists(folder));
    }

    private static async Task<object?> AskAsync(string connection, string query)
    {
        await using var database = new NpgsqlConnection(connection);
        await database.OpenAsync();
        await using var command = new NpgsqlCommand(query, database);
        return await command.ExecuteScalarAsync();
    }
}
