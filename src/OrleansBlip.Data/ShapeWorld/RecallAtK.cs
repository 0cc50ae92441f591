namespace OrleansBlip.Data.ShapeWorld;

/// <summary>The percentage of queries that find a hit among their first one, five and ten answers.</summary>
/// <param name="R1">Recall at 1, 0 to 100.</param>
/// <param name="R5">Recall at 5, 0 to 100.</param>
/// <param name="R10">Recall at 10, 0 to 100.</param>
public sealed record RecallAtK(double R1, double R5, double R10)
{
    /// <summary>Averages what gives a query's chance of a hit, 0 to 1, for a k.</summary>
    internal static RecallAtK Average(int queries, Func<int, int, double> chanceOfHit)
    {
        return new RecallAtK(At(1), At(5), At(10));

        double At(int k) => queries == 0 ? 0 : 100 * Enumerable.Range(0, queries).Average(query => chanceOfHit(query, k));
    }
}
