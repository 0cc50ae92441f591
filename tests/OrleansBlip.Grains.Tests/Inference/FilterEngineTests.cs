using System.Collections.Immutable;
using OrleansBlip.Data.Images;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Protocol.Bootstrapping;
using TorchSharp;

namespace OrleansBlip.Grains.Tests.Inference;

public sealed class FilterEngineTests : IClassFixture<TinyWorld>, IDisposable
{
    private readonly TinyWorld _world;
    private readonly ModelFolder _folder;
    private readonly FilterEngine _engine;

    public FilterEngineTests(TinyWorld world)
    {
        _world = world;
        _folder = world.Model("filter");
        _engine = new FilterEngine(_folder, torch.CPU);
    }

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Score_RangeByRange_GivesTheScoresOfTheWhole()
    {
        var whole = Score(new PictureRange(0, TinyWorld.PictureCount));
        Assert.Equal(whole.SelectMany(scores => scores), Score(new PictureRange(0, 256)).Concat(Score(new PictureRange(256, 45))).SelectMany(scores => scores));
        Assert.True(whole.SelectMany(scores => scores).Select(score => score.Probability).Distinct().Count() > 250);
    }

    [Fact]
    public void Score_PictureInQuarantine_HasNone()
    {
        var scores = Score(new PictureRange(256, 45));
        Assert.Empty(scores[TinyWorld.BrokenPicture - 256]);
        Assert.All(scores.Take(44), ofPicture => Assert.Equal(2, ofPicture.Length));
    }

    [Fact]
    public void Score_Pair_IsWhatTheModelSaysOfItAlone()
    {
        const int Picture = 5;
        using var scope = torch.NewDisposeScope();
        using var model = _folder.Load();
        var image = new float[3 * 48 * 48];
        PixelNormalization.Clip.Write(ImageDecoder.Decode(_world.Source.ReadImage(Picture), "picture"), image);
        var matcher = new Matcher(model);
        var (tokens, features) = matcher.Images(torch.tensor(image).view(1, 3, 48, 48));
        var words = _world.Vocabulary;
        var special = new SpecialTokens(words.Pad, words.Class, words.Separator, words.Decode, words.Encode);
        var text = new CaptionTokenizer(words).Frame([Synthetic(Picture).Text], 24, TokenPadding.Longest);
        var (ids, mask) = (torch.tensor(text.Ids).view(1, text.Length), torch.tensor(text.Mask).view(1, text.Length));
        var logits = matcher.Match(tokens, ids, mask, special.Encode);

        var score = Score(new PictureRange(0, 128))[Picture][1];
        Assert.Equal(logits.softmax(1)[0, 1].item<float>(), score.Probability, 1e-4);
        Assert.Equal(logits[0, 1].item<float>(), score.Logit, 1e-3);
        Assert.Equal((features * matcher.Texts(ids, mask, special)).sum().item<float>(), score.Similarity, 1e-4);
    }

    private ImmutableArray<ImmutableArray<TextScore>> Score(PictureRange pictures) => _engine.Score(_world.Source, new ScoreLease
    {
        Model = new ModelReference("", ""),
        Data = _world.Data,
        Captions = new CaptionBlock { Pictures = pictures, Captions = [.. Enumerable.Range(pictures.First, pictures.Count).Select(Synthetic)] },
    }).Scores;

    private static WrittenCaption Synthetic(int picture) => new()
    {
        Text = picture % 2 == 0 ? "a red circle" : "there is a large blue square in the top left corner",
        Problem = picture == TinyWorld.BrokenPicture ? "broken" : null,
    };
}
