using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Silo;

/// <summary><c>--database</c>, or the variable in its place: no default of the option, which help would print with its password.</summary>
public static class DatabaseOption
{
    /// <summary>The option.</summary>
    public static Option<string?> Create() => new("--database")
    {
        Description = $"PostgreSQL connection string of the cluster; without it that of the variable {PostgresStorage.Variable}, if it is set.", HelpName = "CONNECTION",
    };

    /// <summary>The connection string that was given either way; null for none.</summary>
    public static string? ConnectionOf(SymbolResult result, Option<string?> option) =>
        new[] { result.GetValue(option), Environment.GetEnvironmentVariable(PostgresStorage.Variable) }.FirstOrDefault(connection => !string.IsNullOrEmpty(connection));
}
