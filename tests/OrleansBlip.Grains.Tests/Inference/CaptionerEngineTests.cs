using OrleansBlip.Grains.Inference;
using OrleansBlip.Protocol.Bootstrapping;
using TorchSharp;

namespace OrleansBlip.Grains.Tests.Inference;

public sealed class CaptionerEngineTests(TinyWorld world) : IClassFixture<TinyWorld>, IDisposable
{
    private readonly CaptionerEngine _engine = new(world.Model("captioner"), torch.CPU);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Write_RangeByRange_GivesTheTextsOfTheWhole()
    {
        var whole = Write(new PictureRange(0, TinyWorld.PictureCount));
        WrittenCaption[] parts = [.. Write(new PictureRange(256, 45)).Reverse(), .. Write(new PictureRange(0, 256)).Reverse()];
        Assert.Equal(whole, parts.Reverse());
        Assert.Equal(TinyWorld.PictureCount, whole.Count);
        Assert.True(whole.Select(caption => caption.Text).Distinct().Count() > 250);
        Assert.All(whole, caption => Assert.True(caption.LogProbability <= 0));
    }

    [Fact]
    public void Write_PictureThatCannotBeDecoded_IsQuarantinedWithItsReason()
    {
        var captions = Write(new PictureRange(256, 45));
        Assert.Equal([TinyWorld.BrokenPicture - 256], Enumerable.Range(0, 45).Where(row => captions[row].Problem is not null));
        Assert.Contains("broken", captions[^1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_AnotherRoundOrSeed_DrawsOtherTexts()
    {
        var range = new PictureRange(0, 128);
        var texts = Write(range);
        Assert.NotEqual(texts, Write(range, round: 2));
        Assert.NotEqual(texts, Write(range, settings: new CaptionSettings { Seed = 1 }));
    }

    [Fact]
    public void Write_NucleusOfOneToken_IsGreedy()
    {
        var settings = new CaptionSettings { TopP = 1e-9 };
        Assert.Equal(Write(new PictureRange(0, 128), settings: settings), Write(new PictureRange(0, 128), round: 2, settings: settings));
    }

    [Theory]
    [InlineData(1, 127)]
    [InlineData(0, 127)]
    [InlineData(0, 302)]
    public void Write_PartsOfBatches_AreRefused(int first, int count) => Assert.Throws<ArgumentException>(() => Write(new PictureRange(first, count)));

    private IReadOnlyList<WrittenCaption> Write(PictureRange pictures, int round = 1, CaptionSettings? settings = null) => _engine.Write(
        world.Source,
        new CaptionLease { Model = new ModelReference("", ""), Data = world.Data, Pictures = pictures, Round = round, Settings = settings ?? new CaptionSettings() }).Captions;
}
