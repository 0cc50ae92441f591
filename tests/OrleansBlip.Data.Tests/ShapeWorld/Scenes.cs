using OrleansBlip.Data.Order;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

/// <summary>Scenes for tests, by hand and by the generator.</summary>
internal static class Scenes
{
    public static Scene Of(params SceneObject[] objects) => new() { Objects = [.. objects] };

    /// <summary>An object in the middle of a cell.</summary>
    public static SceneObject Object(
        ShapeSize size, ShapeColour colour, ShapeKind shape, int row, int column, ShapeTexture texture = ShapeTexture.Plain) => new()
    {
        Size = size,
        Colour = colour,
        Shape = shape,
        Texture = texture,
        X = (column + 0.5) / 3,
        Y = (row + 0.5) / 3,
        Radius = 0.1,
    };

    public static ShapeWorldSpec Spec(ShapeWorldLevel level) => level == ShapeWorldLevel.Grid ? ShapeWorldSpec.Grid() : ShapeWorldSpec.Free();

    public static Scene[] Draw(ShapeWorldLevel level, int count) => new SceneGenerator(Spec(level) with { WebCount = count }).Draw(ShapeWorldSplit.Web);

    public static string[] Captions(Scene scene, int count, ulong key) => new CaptionGrammar(new KeyedRandom(key)).Draw(scene, count);
}
