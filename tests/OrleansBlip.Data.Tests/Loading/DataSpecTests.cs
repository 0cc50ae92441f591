using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Loading;

public class DataSpecTests
{
    [Fact]
    public void ToJson_OfTheDefault_IsPinned() => Assert.Equal(
        """{"imageSize":224,"tokensMax":30,"padding":"maxLength","prompt":"","vocabularySha256":"","captionWordsMax":30,"augmentation":{"kind":"none","cropAreaMin":0.2,"randAugmentOperations":2,"randAugmentLevel":5,"randAugmentOverflows":false,"shiftPixelsMax":2,"brightnessChangeMax":0.2},"windowShards":16}""",
        new DataSpec().ToJson());

    [Fact]
    public void FromJson_OfToJson_IsEqual()
    {
        var spec = new DataSpec
        {
            ImageSize = 48,
            Padding = TokenPadding.Longest,
            Prompt = "a picture of ",
            Augmentation = new AugmentationSpec { Kind = AugmentationKind.ShiftAndBrightness, BrightnessChangeMax = 0.3 },
        };
        Assert.Equal(spec, DataSpec.FromJson(spec.ToJson()));
    }

    [Theory]
    [InlineData("{\"imageSise\":1}")]
    [InlineData("{\"imageSize\":0}")]
    [InlineData("{\"padding\":1}")]
    [InlineData("{\"prompt\":null}")]
    [InlineData("{\"augmentation\":{\"brightnessChangeMax\":1}}")]
    [InlineData("null")]
    [InlineData("")]
    public void FromJson_Invalid_Throws(string json) => Assert.Throws<DatasetException>(() => DataSpec.FromJson(json));
}
