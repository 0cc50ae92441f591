using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Tasks;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Tasks;

/// <summary>Tasks without training: videos as frames, classes as prompts.</summary>
public sealed class VideoAndPromptTests : IDisposable
{
    private static readonly SpecialTokens Special = new(0, 1, 2, 3, 4);

    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly BlipModel _model = Model("pretraining");
    private readonly torch.Tensor _tokens = (TensorArithmetic.Rows(6 * 4, torch.CPU) * torch.tensor(7L)).remainder(torch.tensor(20L)).view(6, 4);

    [Fact]
    public void Image_OfAVideo_IsItsFramesTokens()
    {
        var video = Pixels(2 * 3).view(2, 3, 3, 8, 8);
        var frames = new FeatureExtractor(_model).Image(video.flatten(0, 1)); // (6, 5, 8)
        Near(frames.view(2, 15, 8), new FeatureExtractor(_model).Image(video));
    }

    [Fact]
    public void ProjectedImage_OfAVideo_IsTheMeanOverItsFrames()
    {
        var video = Pixels(2 * 3).view(2, 3, 3, 8, 8);
        torch.Tensor first = new FeatureExtractor(_model).Image(video.flatten(0, 1)).select(1, 0), weight = _model.Find("vision_proj.weight")!, bias = _model.Find("vision_proj.bias")!;
        var projected = torch.nn.functional.linear(first, weight, bias).view(2, 3, -1).mean([1]);
        Near(torch.nn.functional.normalize(projected, dim: -1), new FeatureExtractor(_model).ProjectedImage(video));
    }

    [Fact]
    public void Score_VideosOfOneFrame_IsThatOfImages()
    {
        var (images, retriever, mask) = (Pixels(4), new Retriever(new Matcher(_model)), torch.ones_like(_tokens));
        var (alone, videos) = (retriever.Score(images, _tokens, mask, Special, 3), retriever.Score(images.unsqueeze(1), _tokens, mask, Special, 3));
        Near(alone.ImageToText, videos.ImageToText);
        Near(alone.TextToImage, videos.TextToImage);
    }

    [Fact]
    public void Rank_AnswersAboutAVideo_DependOnEveryFrame()
    {
        using var model = Model("vqa");
        var answerer = new QuestionAnswerer(model);
        var video = Pixels(6).view(2, 3, 3, 8, 8);
        var scores = Scores(video);
        for (var frame = 0; frame < 3; frame++)
        {
            var changed = video.clone();
            changed.select(1, frame).Fill(1f);
            Assert.NotEqual(scores, Scores(changed));
        }

        double[] Scores(torch.Tensor images) => [.. answerer
            .Rank(images, _tokens.narrow(0, 0, 2), torch.ones(2, 4, torch.ScalarType.Int64), _tokens, torch.ones_like(_tokens), Special, 6)
            .SelectMany(ranking => ranking.Scores)];
    }

    [Fact]
    public void Classify_ByPrompts_IsTheSoftmaxOverMeanPromptFeatures()
    {
        var (images, mask, features) = (Pixels(5), torch.ones_like(_tokens), new FeatureExtractor(_model));
        using var classifier = new PromptClassifier(_model, _tokens, mask, Special, prompts: 2); // three classes
        var texts = features.ProjectedText(_tokens, mask, Special);
        var classes = torch.stack([.. Enumerable.Range(0, 3).Select(i => torch.nn.functional.normalize(texts[2 * i].Plus(texts[2 * i + 1]), dim: 0))], 0);
        Near((torch.matmul(features.ProjectedImage(images), classes.t()) / _model.Find("temp")!).softmax(1), classifier.Classify(images));
    }

    [Fact]
    public void Classifier_OfUnequalPromptsOrWithoutFeatures_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new PromptClassifier(_model, _tokens, torch.ones_like(_tokens), Special, prompts: 4));
        using var captioner = Model("captioner");
        Assert.Throws<CompositionException>(() => new PromptClassifier(captioner, _tokens, torch.ones_like(_tokens), Special, prompts: 2));
    }

    public void Dispose()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    private static torch.Tensor Pixels(long count) => new SlotRandom(7, 0, 0).Uniform("images", [count, 3, 8, 8], torch.ScalarType.Float32, torch.CPU).Times(4);

    private static void Near(torch.Tensor expected, torch.Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(torch.allclose(expected, actual, rtol: 1e-5, atol: 1e-6), $"They differ by up to {(expected - actual).abs().max().item<float>()}.");
    }

    private static BlipModel Model(string family)
    {
        var model = new BlipModel(Families.Compose(new ModelSpec
        {
            Family = family,
            Vision = new() { ImageSize = 8, PatchSize = 4, Width = 8, Depth = 2, Heads = 2, InitialStandardDeviation = 0.3 },
            Text = new() { VocabularySize = 20, Width = 8, Depth = 2, Heads = 2, FeedForwardWidth = 16, PositionsMax = 8, InitialStandardDeviation = 0.3 },
            FeatureWidth = 8,
            ProjectionStandardDeviation = 0.3,
        }));
        model.Initialize(seed: 3);
        return model;
    }
}
