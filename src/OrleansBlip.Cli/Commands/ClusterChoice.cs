using System.CommandLine;
using OrleansBlip.Silo;
using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Commands;

/// <summary>Which nodes a job runs on; the weights do not depend on it.</summary>
/// <param name="InProcesses">On nodes of its own in processes of their own, instead of in this process.</param>
/// <param name="Running">On those of a cluster that runs already, by its name; null for nodes of its own.</param>
/// <param name="Database">Connection string of the PostgreSQL database that they stand in; null for one of its own, or for nodes in this process.</param>
/// <param name="Certificates">Folder of the certificates by which this process and its nodes speak mutual TLS; null for none.</param>
internal sealed record ClusterChoice(bool InProcesses, string? Running, string? Database, string? Certificates = null)
{
    /// <summary>Backups of each parameter shard unless they are asked for: of nodes in processes of their own each may die alone, those of this process die together.</summary>
    public int BackupsByDefault => InProcesses || Running is not null ? 1 : 0;

    /// <summary>Adds the options to a command and tells how to read them.</summary>
    public static Func<ParseResult, ClusterChoice> AddOptions(Command command)
    {
        var processes = new Option<bool>("--processes") { Description = "Run the nodes as processes of their own, on a PostgreSQL of their own unless a database is named: any of them may die." };
        var running = new Option<string?>("--cluster") { Description = "Run on a cluster that runs already, such as that of 'blip up', by its name and --database.", HelpName = "NAME" };
        var (database, certificates) = (DatabaseOption.Create(), JobOptions.Certificates());
        command.Add(processes);
        command.Add(running);
        command.Add(database);
        command.Add(certificates);
        command.Validators.Add(result =>
        {
            bool inProcesses = result.GetValue(processes), joins = result.GetValue(running) is not null;
            if (inProcesses && joins) result.AddError("--processes starts nodes and --cluster uses those of others; leave out one of them.");
            else if (joins && DatabaseOption.ConnectionOf(result, database) is null) result.AddError($"--cluster names a cluster but nothing its database: give --database, or set {PostgresStorage.Variable}.");
            else if (!inProcesses && !joins && result.GetValue(database) is not null) result.AddError("--database is for --processes or --cluster; give one of them, or leave it out.");
            else if (!inProcesses && !joins && result.GetValue(certificates) is not null) result.AddError("--certificates is for --processes or --cluster; give one of them, or leave it out.");
        });
        return result =>
        {
            var choice = new ClusterChoice(result.GetValue(processes), result.GetValue(running), DatabaseOption.ConnectionOf(result.CommandResult, database), result.GetValue(certificates));
            return choice.InProcesses || choice.Running is not null ? choice : choice with { Database = null };
        };
    }
}
