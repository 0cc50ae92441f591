namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Outlines that differ at nine pixels.</summary>
public enum ShapeKind
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>A square on its side.</summary>
    Square,

    /// <summary>A triangle that points up.</summary>
    Triangle,

    /// <summary>A square on its corner, taller than wide.</summary>
    Diamond,

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
}
