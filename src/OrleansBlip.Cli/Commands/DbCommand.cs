using System.CommandLine;
using OrleansBlip.Silo;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>db migrate</c>: the tables of a cluster's database.</summary>
internal static class DbCommand
{
    /// <summary>Describes the command; <paramref name="migrate"/> does the work, with a connection string, and returns the exit code.</summary>
    public static Command Create(Func<string, JobConsole, CancellationToken, Task<int>> migrate)
    {
        var database = DatabaseOption.Create();
        var command = new Command("migrate", "Make the tables and queries of a cluster's database, or bring them up to date.") { database };
        command.Validators.Add(result =>
        {
            if (DatabaseOption.ConnectionOf(result, database) is null) result.AddError($"No database is named: give --database, or set {PostgresStorage.Variable}.");
        });
        command.SetAction((result, cancellation) => migrate(DatabaseOption.ConnectionOf(result.CommandResult, database)!, JobConsole.For(result), cancellation));
        return new Command("db", "The database of a cluster.") { command };
    }
}
