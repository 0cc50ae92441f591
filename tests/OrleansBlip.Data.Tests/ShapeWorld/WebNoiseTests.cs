using OrleansBlip.Data.Order;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class WebNoiseTests
{
    [Fact]
    public void DrawKind_DefaultShares_AreMet()
    {
        var noise = new WebNoise(ShapeWorldLevel.Grid, new KeyedRandom(1));
        var counts = Enumerable.Range(0, 50_000).Select(_ => noise.DrawKind(new NoiseShares())).CountBy(kind => kind).ToDictionary();
        AssertShare(0.40, TextKind.Own);
        AssertShare(0.28, TextKind.Borrowed);
        AssertShare(0.10, TextKind.HalfTrue);
        AssertShare(0.08, TextKind.FileName);
        AssertShare(0.08, TextKind.Spam);
        AssertShare(0.06, TextKind.Empty);

        void AssertShare(double share, TextKind kind) => Assert.InRange(counts[kind] / 50_000.0, share - 0.01, share + 0.01);
    }

    [Fact]
    public void DrawKind_NoNoise_IsAlwaysOwn()
    {
        var noise = new WebNoise(ShapeWorldLevel.Grid, new KeyedRandom(2));
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.Equal(TextKind.Own, noise.DrawKind(NoiseShares.None)));
    }

    [Fact]
    public void DrawOther_AnyPicture_IsAnotherOne()
    {
        var noise = new WebNoise(ShapeWorldLevel.Grid, new KeyedRandom(3));
        Assert.Equal([0, 1, 3, 4], Enumerable.Range(0, 200).Select(_ => noise.DrawOther(2, 5)).Distinct().Order());
    }

    [Fact]
    public void ChangeAttribute_Caption_ChangesOneWordAndItsArticle()
    {
        var noise = new WebNoise(ShapeWorldLevel.Grid, new KeyedRandom(4));
        var changed = Enumerable.Range(0, 500).Select(_ => noise.ChangeAttribute("a small red circle in the top left")).Distinct().ToArray();
        Assert.Contains("a small orange circle in the top left", changed);
        Assert.Contains("a small red hourglass in the top left", changed);
        Assert.Contains("a big red circle in the top left", changed);
        Assert.Contains("a small red circle in the lower left", changed);
        Assert.Contains("a small red circle in the top right", changed);
        Assert.DoesNotContain("a little red circle in the top left", changed);
        Assert.DoesNotContain("a small red circle in the upper left", changed);
        Assert.Equal("an orange circle", Enumerable.Range(0, 500).Select(_ => noise.ChangeAttribute("a red circle")).First(text => text.Contains("orange")));
    }

    [Theory]
    [InlineData(ShapeWorldLevel.Grid, 9, 9)]
    [InlineData(ShapeWorldLevel.Free, 10, 10)]
    public void ChangeAttribute_OfAnObject_NamesOnlyWhatTheLevelShows(ShapeWorldLevel level, int shapes, int colours)
    {
        var noise = new WebNoise(level, new KeyedRandom(6));
        var changed = Enumerable.Range(0, 3_000).Select(_ => noise.ChangeAttribute("a red star").Split(' ')).ToArray();
        string[] shapesNamed = [.. changed.Select(words => words[^1]).Distinct()], coloursNamed = [.. changed.Select(words => words[^2]).Distinct()];
        Assert.Equal((shapes, colours), (shapesNamed.Length, coloursNamed.Length));
        Assert.Equal(level == ShapeWorldLevel.Free, shapesNamed.Contains("diamond"));
        Assert.Equal(level == ShapeWorldLevel.Free, coloursNamed.Contains("black"));
    }

    [Fact]
    public void Draw_TextsThatAreNoCaptions_CannotBeRead()
    {
        var noise = new WebNoise(ShapeWorldLevel.Grid, new KeyedRandom(5));
        for (var i = 0; i < 2_000; i++)
            Assert.All([noise.DrawFileName(), noise.DrawSpam(), noise.DrawEmpty()], text => Assert.False(TruthChecker.CanRead(text), text));
    }
}
