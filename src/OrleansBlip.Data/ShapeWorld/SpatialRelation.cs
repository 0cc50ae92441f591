namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Where one object stands, seen from another.</summary>
internal enum SpatialRelation
{
    LeftOf,
    RightOf,
    Above,
    Below,
}

internal static class SpatialRelations
{
    // Half a cell of the grid: centres that differ by less are level with each other, and neither order is true.
    private const double DistanceMin = 1.0 / 6;

    public static bool Holds(this SpatialRelation relation, SceneObject subject, SceneObject other) => relation switch
    {
        SpatialRelation.LeftOf => other.X - subject.X >= DistanceMin,
        SpatialRelation.RightOf => subject.X - other.X >= DistanceMin,
        SpatialRelation.Above => other.Y - subject.Y >= DistanceMin,
        SpatialRelation.Below => subject.Y - other.Y >= DistanceMin,
        _ => throw new ArgumentOutOfRangeException(nameof(relation), relation, "There is no such relation."),
    };
}
