using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Silo.Tests.Storage;

/// <summary>A fact that needs PostgreSQL's programs: skipped, saying so, where they are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = LocalPostgres.MissingReason;
}
