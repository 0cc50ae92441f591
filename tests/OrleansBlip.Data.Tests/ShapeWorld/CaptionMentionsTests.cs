using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class CaptionMentionsTests
{
    [Fact]
    public void Of_Caption_NamesEachColourWithItsShape()
    {
        var mentions = CaptionMentions.Of("two large red circles and a blue star");
        Assert.Equivalent(new[] { (ShapeColour.Red, ShapeKind.Circle), (ShapeColour.Blue, ShapeKind.Star) }, mentions.Pairs, strict: true);
        Assert.Equivalent(new[] { ShapeColour.Red, ShapeColour.Blue }, mentions.Colours, strict: true);
        Assert.Equivalent(new[] { ShapeKind.Circle, ShapeKind.Star }, mentions.Shapes, strict: true);
    }

    [Fact]
    public void Of_TextThatCannotBeRead_NamesWhatItHolds()
    {
        var mentions = CaptionMentions.Of("green red ring square and pink");
        Assert.Equal([(ShapeColour.Red, ShapeKind.Ring)], mentions.Pairs);
        Assert.Equal(3, mentions.Colours.Count);
        Assert.Equal(2, mentions.Shapes.Count);
    }

    [Fact]
    public void Of_Noise_NamesNothing() => Assert.Empty(CaptionMentions.Of("IMG_2034.JPG best price online").Colours);
}
