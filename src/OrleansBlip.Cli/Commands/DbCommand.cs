using System.CommandLine;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>db migrate</c>: the tables of a cluster's database.</summary>
internal static class DbCommand
{
    /// <summary>Describes the command; <paramref name="migrate"/> does the work, with a connection string, and returns the exit code.</summary>
    public static Command Create(Func<string, JobConsole, CancellationToken, Task<int>> migrate)
    {
        var database = new Option<string?>("--database") { Description = $"PostgreSQL connection string; without it that of the variable {PostgresStorage.Variable}.", HelpName = "CONNECTION" };
        database.DefaultValueFactory = _ => Environment.GetEnvironmentVariable(PostgresStorage.Variable);
        database.Validators.Add(result =>
        {
            if (string.IsNullOrEmpty(result.GetValueOrDefault<string?>())) result.AddError($"No database is named: give --database, or set {PostgresStorage.Variable}.");
        });
        var command = new Command("migrate", "Make the tables and queries of a cluster's database, or bring them up to date.") { database };
        command.SetAction((result, cancellation) => migrate(result.GetValue(database)!, JobConsole.For(result), cancellation));
        return new Command("db", "The database of a cluster.") { command };
    }
}
