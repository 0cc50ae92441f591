using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class SceneGeneratorTests
{
    private static readonly ShapeWorldSplit[] Splits = Enum.GetValues<ShapeWorldSplit>();
    private static readonly SceneObject Circle = Scenes.Object(ShapeSize.Small, ShapeColour.Red, ShapeKind.Circle, 0, 0);
    private static readonly SceneObject Star = Scenes.Object(ShapeSize.Large, ShapeColour.Blue, ShapeKind.Star, 2, 1);

    [Theory]
    [InlineData(ShapeWorldLevel.Grid)]
    [InlineData(ShapeWorldLevel.Free)]
    public void Draw_AllSplits_ShareNoIdentity(ShapeWorldLevel level)
    {
        var generator = new SceneGenerator(Scenes.Spec(level) with { CleanCount = 600, WebCount = 6_000 });
        var identities = Splits.SelectMany(split => generator.Draw(split).Select(scene => scene.Identity).Distinct()).ToArray();
        Assert.Equal(identities.Length, identities.Distinct().Count());
        Assert.All(identities, identity => Assert.True(identity >= 0));
    }

    [Theory]
    [InlineData(ShapeWorldSplit.Clean)]
    [InlineData(ShapeWorldSplit.Val)]
    [InlineData(ShapeWorldSplit.Test)]
    public void Draw_SplitOtherThanWeb_HoldsEachIdentityOnce(ShapeWorldSplit split)
    {
        var scenes = new SceneGenerator(ShapeWorldSpec.Grid(3)).Draw(split);
        Assert.Equal(scenes.Length, scenes.Select(scene => scene.Identity).Distinct().Count());
        // Both kinds of pictures remain, although only some hundred identities of one object fall to a split.
        Assert.InRange(scenes.Count(scene => scene.Objects.Length == 1) / (double)scenes.Length, 0.2, 0.4);
    }

    [Fact]
    public void Draw_OtherCounts_LeaveTheFirstScenesAlone()
    {
        var spec = ShapeWorldSpec.Grid(5);
        var (few, many) = (new SceneGenerator(spec with { TestCount = 50, WebCount = 10 }), new SceneGenerator(spec with { TestCount = 100 }));
        Assert.Equal(few.Draw(ShapeWorldSplit.Test).Select(scene => scene.Identity), many.Draw(ShapeWorldSplit.Test).Take(50).Select(scene => scene.Identity));
    }

    [Fact]
    public void Draw_Grid_PutsPlainObjectsIntoCellsOfTheirOwn()
    {
        var scenes = Scenes.Draw(ShapeWorldLevel.Grid, 3_000);
        foreach (var scene in scenes)
        {
            Assert.InRange(scene.Objects.Length, 1, 2);
            Assert.Equal(scene.Objects.Length, scene.Objects.Select(item => (item.Row, item.Column)).Distinct().Count());
            Assert.All(scene.Objects, item => Assert.InRange(Math.Abs(item.X * 3 - item.Column - 0.5), 0, 0.06));
            Assert.All(scene.Objects, item => Assert.InRange(Math.Abs(item.Y * 3 - item.Row - 0.5), 0, 0.06));
            Assert.All(scene.Objects, item => Assert.Equal(ShapeTexture.Plain, item.Texture));
        }
        // All shapes but the diamond.
        AssertEvenUse(scenes, item => item.Shape, 9);
        // And all colours that are brighter than the background: no black.
        AssertEvenUse(scenes, item => item.Colour, 9);
        AssertEvenUse(scenes, item => item.Size, 3);
        AssertEvenUse(scenes, item => (item.Row, item.Column), 9);
    }

    [Fact]
    public void Draw_Free_PutsOneToFourObjectsInsideThePicture()
    {
        var scenes = Scenes.Draw(ShapeWorldLevel.Free, 3_000);
        foreach (var item in scenes.SelectMany(scene => scene.Objects))
        {
            Assert.InRange(item.X, item.Radius, 1 - item.Radius);
            Assert.InRange(item.Y, item.Radius, 1 - item.Radius);
        }
        Assert.Equal([1, 2, 3, 4], scenes.Select(scene => scene.Objects.Length).Distinct().Order());
        AssertEvenUse(scenes, item => item.Texture, 5);
    }

    [Fact]
    public void Draw_Free_CoversObjectsInPartButNeverMostOfOne()
    {
        var shares = Scenes.Draw(ShapeWorldLevel.Free, 500).SelectMany(VisibleShares).ToArray();
        Assert.Contains(shares, share => share < 0.9);
        // The generator looks at a coarser lattice.
        Assert.All(shares, share => Assert.InRange(share, 0.5, 1));
    }

    [Fact]
    public void Identity_OtherPlaceInTheCellAndOtherOrder_IsTheSame()
    {
        var moved = Circle with { X = Circle.X + 0.02, Y = Circle.Y - 0.02, Radius = 0.2 };
        Assert.Equal(Scenes.Of(Circle, Star).Identity, Scenes.Of(Star, moved).Identity);
    }

    [Fact]
    public void Identity_AnyAttributeOfAnyObjectChanged_IsAnother()
    {
        SceneObject[] changed =
        [
            Circle with { Size = ShapeSize.Medium }, Circle with { Colour = ShapeColour.Pink }, Circle with { Shape = ShapeKind.Ring },
            Circle with { Texture = ShapeTexture.Dotted }, Circle with { X = Circle.X + 1.0 / 3 }, Circle with { Y = Circle.Y + 1.0 / 3 }, Star,
        ];
        Scene[] scenes = [Scenes.Of(Circle, Star), Scenes.Of(Star), .. changed.Select(item => Scenes.Of(item, Star))];
        var identities = scenes.Select(scene => scene.Identity).ToArray();
        Assert.Equal(identities.Length, identities.Distinct().Count());
    }

    private static void AssertEvenUse<T>(Scene[] scenes, Func<SceneObject, T> attribute, int values) where T : notnull
    {
        var counts = scenes.SelectMany(scene => scene.Objects).CountBy(attribute).Select(pair => pair.Value).ToArray();
        Assert.Equal(values, counts.Length);
        Assert.InRange(counts.Min() / (double)counts.Max(), 0.75, 1);
    }

    private static IEnumerable<double> VisibleShares(Scene scene)
    {
        const int lattice = 40;
        var offsets = Enumerable.Range(0, lattice).Select(n => (2 * n + 1.0) / lattice - 1).ToArray();
        for (var i = 0; i < scene.Objects.Length; i++)
        {
            var item = scene.Objects[i];
            var inside = offsets.SelectMany(v => offsets.Select(u => (X: item.X + item.Radius * u, Y: item.Y + item.Radius * v)))
                .Where(point => item.Covers(point.X, point.Y))
                .ToArray();
            yield return inside.Count(point => !scene.Objects.Skip(i + 1).Any(cover => cover.Covers(point.X, point.Y))) / (double)inside.Length;
        }
    }
}
