namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Surfaces: the object's colour, and a darker or lighter tone of it in a pattern. The grid level has plain ones only.</summary>
public enum ShapeTexture
{
    /// <summary>One tone.</summary>
    Plain,

    /// <summary>Horizontal bands.</summary>
    Striped,

    /// <summary>Dots.</summary>
    Dotted,

    /// <summary>A chessboard.</summary>
    Checkered,

    /// <summary>A net of thin lines.</summary>
    Netted,
}
