using Microsoft.Data.Sqlite;
using OrleansBlip.Grains;

namespace OrleansBlip.Silo.Storage;

/// <summary>Grain state in one SQLite file, for one machine.</summary>
internal static class SqliteStorage
{
    /// <summary>The ADO.NET provider's name for Microsoft.Data.Sqlite.</summary>
    private const string Invariant = "System.Data.SQLite";

    /// <summary>Keeps grain state in the file at <paramref name="path"/>.</summary>
    public static void Use(ISiloBuilder silo, string path)
    {
        string connection = new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(path), DefaultTimeout = 10 }.ToString();
        silo.AddAdoNetGrainStorage(BlipStorage.Name, options =>
        {
            options.Invariant = Invariant;
            options.ConnectionString = connection;
        });
    }

    /// <summary>Makes the tables and queries that are missing.</summary>
    /// <exception cref="IOException">The file cannot be written, or is no SQLite file.</exception>
    public static async Task ApplyAsync(string path, CancellationToken cancellationToken)
    {
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        try
        {
            await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = full }.ToString());
            await connection.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = await ReadScriptAsync(cancellationToken);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (SqliteException failure)
        {
            throw new IOException($"The grains' state cannot be kept in '{full}': {failure.Message}", failure);
        }
    }

    private static async Task<string> ReadScriptAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(typeof(SqliteStorage).Assembly.GetManifestResourceStream("OrleansBlip.Silo.Storage.Sqlite.sql")!);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
