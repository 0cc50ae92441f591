using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class GalleryRelevanceTests
{
    private static readonly Scene RedCircle = Scenes.Of(Scenes.Object(ShapeSize.Large, ShapeColour.Red, ShapeKind.Circle, 0, 0));
    private static readonly Scene RedStar = Scenes.Of(Scenes.Object(ShapeSize.Small, ShapeColour.Red, ShapeKind.Star, 2, 2));

    private static readonly Scene Both = Scenes.Of(RedCircle.Objects[0], RedStar.Objects[0]);

    private readonly GalleryRelevance _gallery = new(
        [RedCircle, RedStar, Both],
        ["a red circle", "only a red circle", "a star", "a small star", "two red shapes", "IMG_0001.JPG"]);

    [Fact]
    public void IsTrue_EachPair_IsTheCheckersVerdict()
    {
        string[] verdicts = ["x.x", "x..", ".xx", ".xx", "..x", "..."];
        for (var text = 0; text < _gallery.TextCount; text++)
            Assert.Equal(verdicts[text], string.Concat(Enumerable.Range(0, 3).Select(picture => _gallery.IsTrue(text, picture) ? 'x' : '.')));
        Assert.Equal(2, _gallery.TextsPerPicture);
    }

    [Fact]
    public void Oracle_TextTrueOfNothing_IsLost()
    {
        Assert.Equal(100, _gallery.Oracle.TextRetrieval.R1);
        Assert.Equal(100.0 * 5 / 6, _gallery.Oracle.ImageRetrieval.R10, 9);
    }

    [Fact]
    public void OracleOnOwnPairs_TiedAnswers_CountByTheirChance()
    {
        // Texts: 1/2 + 1 + 1/2 + 1/2 + 1 + 0 of 6; pictures: 1 (both of two own), 1 (both of two own), 1/4 (of four, one own).
        Assert.Equal(100 * 3.5 / 6, _gallery.OracleOnOwnPairs.ImageRetrieval.R1, 9);
        Assert.Equal(100 * 2.25 / 3, _gallery.OracleOnOwnPairs.TextRetrieval.R1, 9);
        Assert.Equal(100, _gallery.OracleOnOwnPairs.TextRetrieval.R5, 9);
    }

    [Fact]
    public void Chance_BlindRanking_MeetsTrueAnswersByTheirShare()
    {
        Assert.Equal(100 * (2 + 1 + 2 + 2 + 1) / 18.0, _gallery.Chance.ImageRetrieval.R1, 9);
        Assert.Equal(100 * (2 + 2 + 4) / 18.0, _gallery.Chance.TextRetrieval.R1, 9);
    }

    [Fact]
    public void Constructor_TextsThatDoNotShareOut_AreRefused() =>
        Assert.Throws<ArgumentException>(() => new GalleryRelevance([RedCircle, RedStar], ["a red circle"]));
}
