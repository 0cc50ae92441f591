using System.Collections.Immutable;
using OrleansBlip.Data.Order;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// Draws the scenes of a split. A scene's identity alone decides the split it may stand in, so that val and test hold combinations that no training
/// picture shows; in all splits but the web each identity occurs once.
/// </summary>
internal sealed class SceneGenerator(ShapeWorldSpec spec)
{
    // In the grid: enough pictures of one object to learn names from. Of the 2,187 that exist test may show a quarter and val an eighth; the more of them
    // are used, the more draws fall on pairs.
    private const double SingleShare = 0.3;
    private const double GridJitter = 0.06;
    private const int FreeObjectsMax = 4;

    // An object of which less is to be seen could not be described fairly.
    private const double VisibleShareMin = 0.6;
    private const int VisibilityLattice = 16;

    private static readonly ulong SceneSite = KeyedRandom.Word("shapeworld.scene");
    private static readonly double[] GridRadii = [4.8 / 48, 6.1 / 48, 7.6 / 48];
    private static readonly double[] FreeRadii = [0.075, 0.11, 0.16];

    /// <summary>The split that may show scenes of this identity: half of all identities are the web's.</summary>
    public static ShapeWorldSplit SplitOf(long identity) => (identity & 15) switch
    {
        < 8 => ShapeWorldSplit.Web,
        < 10 => ShapeWorldSplit.Clean,
        < 12 => ShapeWorldSplit.Val,
        _ => ShapeWorldSplit.Test,
    };

    public Scene[] Draw(ShapeWorldSplit split)
    {
        var scenes = new Scene[spec.CountOf(split)];
        var seen = new HashSet<long>();
        for (var i = 0; i < scenes.Length; i++)
        {
            var random = new KeyedRandom(spec.Seed, SceneSite, (ulong)split, (ulong)i);
            do
                scenes[i] = spec.Level == ShapeWorldLevel.Grid ? DrawGrid(random) : DrawFree(random);
            while (SplitOf(scenes[i].Identity) != split || (split != ShapeWorldSplit.Web && !seen.Add(scenes[i].Identity)));
        }
        return scenes;
    }

    private Scene DrawGrid(KeyedRandom random)
    {
        int first = random.NextInt(9), second = random.NextInt(8);
        if (second >= first)
            second++;
        ReadOnlySpan<int> cells = random.NextBool(SingleShare) ? [first] : [first, second];
        var objects = ImmutableArray.CreateBuilder<SceneObject>(cells.Length);
        foreach (var cell in cells)
            objects.Add(DrawObject(random, ShapeTexture.Plain, GridRadii) with { X = Jittered(cell % 3, random), Y = Jittered(cell / 3, random) });
        return new Scene { Objects = objects.DrainToImmutable() };
    }

    private static double Jittered(int cell, KeyedRandom random) => (cell + 0.5 + random.NextDouble(-GridJitter, GridJitter)) / 3;

    private Scene DrawFree(KeyedRandom random)
    {
        var count = 1 + random.NextInt(FreeObjectsMax);
        var objects = new List<SceneObject>(count);
        while (objects.Count < count)
        {
            var item = DrawObject(random, (ShapeTexture)random.NextInt(Lexicon.Textures.Length), FreeRadii);
            item = item with { X = random.NextDouble(item.Radius, 1 - item.Radius), Y = random.NextDouble(item.Radius, 1 - item.Radius) };
            objects.Add(item);
            if (!AreAllVisible(objects))
                objects.RemoveAt(objects.Count - 1);
        }
        return new Scene { Objects = [.. objects] };
    }

    private SceneObject DrawObject(KeyedRandom random, ShapeTexture texture, double[] radii)
    {
        var size = (ShapeSize)random.NextInt(radii.Length);
        return new SceneObject
        {
            Shape = (ShapeKind)random.NextInt(Lexicon.ShapeCountOf(spec.Level)),
            Colour = (ShapeColour)random.NextInt(Lexicon.ColourCountOf(spec.Level)),
            Size = size,
            Texture = texture,
            X = 0.5,
            Y = 0.5,
            Radius = radii[(int)size],
        };
    }

    private static bool AreAllVisible(List<SceneObject> objects)
    {
        for (var i = 0; i < objects.Count - 1; i++)
        {
            if (VisibleShare(objects[i], objects, i + 1) < VisibleShareMin)
                return false;
        }
        return true;
    }

    private static double VisibleShare(SceneObject item, List<SceneObject> objects, int coverStart)
    {
        int inside = 0, visible = 0;
        for (var n = 0; n < VisibilityLattice * VisibilityLattice; n++)
        {
            var x = item.X + item.Radius * ((n % VisibilityLattice + 0.5) * 2 / VisibilityLattice - 1);
            var y = item.Y + item.Radius * ((n / VisibilityLattice + 0.5) * 2 / VisibilityLattice - 1);
            if (!item.Covers(x, y))
                continue;
            inside++;
            var isCovered = false;
            for (var j = coverStart; j < objects.Count && !isCovered; j++)
                isCovered = objects[j].Covers(x, y);
            if (!isCovered)
                visible++;
        }
        return (double)visible / inside;
    }
}
