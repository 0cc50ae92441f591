namespace OrleansBlip.Data.ShapeWorld;

/// <summary>How a text came to its picture; whether it is true is another question.</summary>
public enum TextKind
{
    /// <summary>Written for the picture.</summary>
    Own,

    /// <summary>Written for another picture of the same split.</summary>
    Borrowed,

    /// <summary>Written for the picture, then one attribute changed.</summary>
    HalfTrue,

    /// <summary>A file's name.</summary>
    FileName,

    /// <summary>Words for search engines.</summary>
    Spam,

    /// <summary>One word that says nothing.</summary>
    Empty,
}
