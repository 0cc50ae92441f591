namespace OrleansBlip.Data.ShapeWorld;

/// <summary>What a caption says of an object, or of several that are alike; null where it says nothing.</summary>
internal sealed record Mention
{
    public ShapeKind? Shape { get; init; }

    public ShapeColour? Colour { get; init; }

    public ShapeSize? Size { get; init; }

    public ShapeTexture? Texture { get; init; }

    public int? Row { get; init; }

    public int? Column { get; init; }

    /// <summary>Exactly how many objects fit the description; null for at least one.</summary>
    public int? ExactCount { get; init; }

    public bool IsPlural => ExactCount > 1;

    public bool Fits(SceneObject item) =>
        (Shape ?? item.Shape) == item.Shape
        && (Colour ?? item.Colour) == item.Colour
        && (Size ?? item.Size) == item.Size
        && (Texture ?? item.Texture) == item.Texture
        && (Row ?? item.Row) == item.Row
        && (Column ?? item.Column) == item.Column;
}
