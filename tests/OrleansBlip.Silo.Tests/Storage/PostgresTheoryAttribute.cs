using OrleansBlip.Silo.Storage;

namespace OrleansBlip.Silo.Tests.Storage;

/// <summary>A theory that needs PostgreSQL's programs: skipped, saying so, where they are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresTheoryAttribute : TheoryAttribute
{
    public PostgresTheoryAttribute() => Skip = LocalPostgres.MissingReason;
}
