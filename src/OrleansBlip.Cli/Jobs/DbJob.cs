using OrleansBlip.Cli.Commands;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>db migrate</c>.</summary>
internal static class DbJob
{
    public static async Task<int> MigrateAsync(string connection, JobConsole console, CancellationToken cancellation)
    {
        await PostgresStorage.MigrateAsync(connection, cancellation);
        console.WriteResult(new { schemaVersion = PostgresStorage.SchemaVersion });
        return ExitCode.Ok;
    }
}
