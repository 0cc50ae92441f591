using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Loading;

public class DataSpecTests
{
    [Fact]
    public void ToJson_OfTheDefault_IsPinned() => Assert.Equal(
        """{"imageSize":224,"tokensMax":30,"padding":"maxLength","texts":"caption","prompt":"","vocabularySha256":"","captionWordsMax":30,"normalization":{"means":[0.48145467,0.4578275,0.40821072],"deviations":[0.26862955,0.2613026,0.2757771]},"augmentation":{"kind":"none","cropAreaMin":0.2,"randAugmentOperations":2,"randAugmentLevel":5,"randAugmentOverflows":false,"shiftPixelsMax":2,"brightnessChangeMax":0.2},"windowShards":16}""",
        new DataSpec().ToJson());

    [Fact]
    public void FromJson_OfToJson_IsEqual()
    {
        var spec = new DataSpec
        {
            ImageSize = 48,
            Padding = TokenPadding.Longest,
            Prompt = "a picture of ",
            Texts = PairKind.Question,
            Normalization = new PixelNormalization { Means = [0.1f, 0.2f, 0.3f] },
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
    [InlineData("{\"normalization\":{\"means\":[0.5]}}")]
    [InlineData("{\"normalization\":{\"deviations\":[1,0,1]}}")]
    [InlineData("{\"normalization\":{\"means\":null}}")]
    [InlineData("{\"texts\":\"answer\"}")]
    [InlineData("null")]
    [InlineData("")]
    public void FromJson_Invalid_Throws(string json) => Assert.Throws<DatasetException>(() => DataSpec.FromJson(json));
}
