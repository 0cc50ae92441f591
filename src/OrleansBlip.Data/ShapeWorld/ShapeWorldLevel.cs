namespace OrleansBlip.Data.ShapeWorld;

/// <summary>How hard the world is.</summary>
public enum ShapeWorldLevel
{
    /// <summary>One or two plain objects, each in a cell of its own of a 3×3 grid: a small model learns it in minutes.</summary>
    Grid,

    /// <summary>One to four textured objects anywhere, which may cover each other in part: a small model does not exhaust it.</summary>
    Free,
}
