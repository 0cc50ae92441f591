namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// Outlines. All but the last are the grid's: at ten pixels a diamond is like a star.
/// </summary>
public enum ShapeKind
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>A triangle that points up.</summary>
    Triangle,

    /// <summary>A star of five points.</summary>
    Star,

    /// <summary>A plus sign.</summary>
    Cross,

    /// <summary>A disc with a hole.</summary>
    Ring,

    /// <summary>A heart.</summary>
    Heart,

    /// <summary>A crescent that opens to the right.</summary>
    Moon,

    /// <summary>Two triangles, tip to tip.</summary>
    Hourglass,

    /// <summary>A square on its side.</summary>
    Square,

    /// <summary>A square on its corner, taller than wide.</summary>
    Diamond,
}
