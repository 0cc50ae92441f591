using System.Text.Json.Serialization;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>One object of a scene.</summary>
public sealed record SceneObject
{
    /// <summary>Its outline.</summary>
    public required ShapeKind Shape { get; init; }

    /// <summary>Its colour.</summary>
    public required ShapeColour Colour { get; init; }

    /// <summary>Its size.</summary>
    public required ShapeSize Size { get; init; }

    /// <summary>Its surface.</summary>
    public required ShapeTexture Texture { get; init; }

    /// <summary>The centre's distance from the left edge, as a fraction of the picture's side.</summary>
    public required double X { get; init; }

    /// <summary>The centre's distance from the top edge, as a fraction of the picture's side.</summary>
    public required double Y { get; init; }

    /// <summary>Half its extent, as a fraction of the picture's side.</summary>
    public required double Radius { get; init; }

    /// <summary>The third of the picture, from the left, that holds the centre: 0, 1 or 2.</summary>
    [JsonIgnore]
    public int Column => (int)(X * 3);

    /// <summary>The third of the picture, from the top, that holds the centre: 0, 1 or 2.</summary>
    [JsonIgnore]
    public int Row => (int)(Y * 3);

    /// <summary>Whether the point, in fractions of the picture's side, lies on the object.</summary>
    internal bool Covers(double x, double y) => ShapeOutline.Contains(Shape, (x - X) / Radius, (y - Y) / Radius);
}
