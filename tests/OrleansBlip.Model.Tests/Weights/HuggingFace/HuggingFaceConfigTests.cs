using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights.HuggingFace;

namespace OrleansBlip.Model.Tests.Weights.HuggingFace;

public sealed class HuggingFaceConfigTests
{
    [Theory]
    [InlineData("captioner", 40)]
    [InlineData("filter", 40)]
    [InlineData("vqa", 60)]
    public void Write_ThenRead_GivesTheSameSizes(string family, int textWidth)
    {
        var spec = new ModelSpec
        {
            Family = family,
            Vision = new() { ImageSize = 96, PatchSize = 8, Width = 60, Depth = 3, Heads = 5, MlpRatio = 2, LayerNormEpsilon = 1e-7 },
            Text = new() { VocabularySize = 77, Width = textWidth, Depth = 2, Heads = 4, FeedForwardWidth = 50, PositionsMax = 33, LayerNormEpsilon = 1e-11, Dropout = 0.25 },
            FeatureWidth = 17,
        };
        var read = HuggingFaceConfig.Read(HuggingFaceConfig.Write(spec, SpecialTokens.Bert));
        Assert.Equal((spec.Family, spec.Vision, spec.Text, spec.FeatureWidth), (read.Family, read.Vision, read.Text, read.FeatureWidth));
    }

    [Fact]
    public void Read_EmptyParts_HasHuggingFacesDefaults()
    {
        var spec = HuggingFaceConfig.Read("""{"architectures": ["BlipForConditionalGeneration"], "text_config": {}, "vision_config": {}}""");
        Assert.Equal((8, 1e-5, 384, 0.0), (spec.Text.Heads, spec.Vision.LayerNormEpsilon, spec.Vision.ImageSize, spec.Text.Dropout));
    }

    [Theory]
    [InlineData("""{"architectures": ["BertModel"], "text_config": {}, "vision_config": {}}""", "BertModel")]
    [InlineData("""{"architectures": ["BlipForQuestionAnswering"], "text_config": {"hidden_act": "relu"}, "vision_config": {}}""", "relu")]
    [InlineData("""{"architectures": ["BlipForQuestionAnswering"], "text_config": {"hidden_dropout_prob": 0.1}, "vision_config": {}}""", "dropouts 0.1 and 0")]
    [InlineData("""{"architectures": ["BlipForQuestionAnswering"], "text_config": {}, "vision_config": {"intermediate_size": 1000}}""", "intermediate_size (1000)")]
    [InlineData("""{"architectures": ["BlipForQuestionAnswering"], "vision_config": {}}""", "not a BLIP model's")]
    [InlineData("""{"architectures": """, "not a BLIP model's")]
    public void Read_OtherConfiguration_IsRefusedWithTheReason(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => HuggingFaceConfig.Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Write_FamilyWithoutAClass_IsRefused() =>
        Assert.Contains("pretraining", Assert.Throws<NotSupportedException>(() => HuggingFaceConfig.Write(new ModelSpec(), SpecialTokens.Bert)).Message, StringComparison.Ordinal);

    [Fact]
    public void Write_QuestionsOfAnotherWidthThanImages_IsRefused()
    {
        var spec = new ModelSpec { Family = "vqa" };
        var narrow = spec with { Text = spec.Text with { Width = spec.Text.Width / 2 } };
        Assert.Contains("one width", Assert.Throws<NotSupportedException>(() => HuggingFaceConfig.Write(narrow, SpecialTokens.Bert)).Message, StringComparison.Ordinal);
        Assert.Contains("BlipForQuestionAnswering", HuggingFaceConfig.Write(spec, SpecialTokens.Bert), StringComparison.Ordinal);
    }
}
