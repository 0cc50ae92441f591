using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Cli.Tests.Nodes;

/// <summary>A fact about processes that stand in a PostgreSQL of their own: skipped, saying so, where its programs are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProcessesFactAttribute : FactAttribute
{
    public ProcessesFactAttribute() => Skip = LocalPostgres.MissingReason;
}
