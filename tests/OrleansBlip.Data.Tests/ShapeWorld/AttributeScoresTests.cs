using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class AttributeScoresTests
{
    private static readonly Scene RedCircleAndBlueStar = Scenes.Of(
        Scenes.Object(ShapeSize.Large, ShapeColour.Red, ShapeKind.Circle, 0, 0),
        Scenes.Object(ShapeSize.Small, ShapeColour.Blue, ShapeKind.Star, 2, 2));

    [Fact]
    public void Of_EverythingNamed_IsAHundred()
    {
        var scores = AttributeScores.Of([("a red circle and a blue star", RedCircleAndBlueStar)]);
        Assert.Equal(new AttributeScores { PairF1 = 100, ColourF1 = 100, ShapeF1 = 100, TruePercent = 100, CaptionCount = 1 }, scores);
    }

    [Fact]
    public void Of_ColoursSwapped_KnowsColoursAndShapesButNoPair()
    {
        var scores = AttributeScores.Of([("a blue circle and a red star", RedCircleAndBlueStar)]);
        Assert.Equal(new AttributeScores { PairF1 = 0, ColourF1 = 100, ShapeF1 = 100, TruePercent = 0, CaptionCount = 1 }, scores);
    }

    [Fact]
    public void Of_SeveralCaptions_AveragesOverItems()
    {
        // Pairs: 1 + 1 + 0 hits of 1 + 2 + 0 named and 2 + 2 + 2 held.
        var scores = AttributeScores.Of(
        [
            ("a red circle", RedCircleAndBlueStar), ("a red circle and a blue moon", RedCircleAndBlueStar), ("photo", RedCircleAndBlueStar),
        ]);
        Assert.Equal(200.0 * 2 / 9, scores.PairF1);
        Assert.Equal(200.0 * 3 / 9, scores.ColourF1);
        Assert.Equal(200.0 * 2 / 9, scores.ShapeF1);
        Assert.Equal(100.0 / 3, scores.TruePercent);
        Assert.Equal(3, scores.CaptionCount);
    }

    [Fact]
    public void Of_NoCaption_IsZero() => Assert.Equal(0, AttributeScores.Of([]).PairF1);
}
