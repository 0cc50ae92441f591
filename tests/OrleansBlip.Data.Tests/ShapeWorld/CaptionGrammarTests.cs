using CsCheck;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class CaptionGrammarTests
{
    [Theory]
    [InlineData(ShapeWorldLevel.Grid)]
    [InlineData(ShapeWorldLevel.Free)]
    public void Draw_AnyScene_SaysTrueThingsInFewKnownWords(ShapeWorldLevel level)
    {
        var scenes = Scenes.Draw(level, 4_000);
        var vocabulary = TruthChecker.Vocabulary.ToHashSet();
        Gen.Select(Gen.Int[0, scenes.Length - 1], Gen.ULong).Sample(
            (scene, key) =>
            {
                var captions = Scenes.Captions(scenes[scene], 5, key);
                Assert.Equal(5, captions.Distinct().Count());
                foreach (var caption in captions)
                {
                    Assert.True(TruthChecker.IsTrue(caption, scenes[scene]), caption);
                    var words = caption.Split(' ');
                    Assert.InRange(words.Length, 2, CaptionGrammar.WordsMax);
                    Assert.All(words, word => Assert.Contains(word, vocabulary));
                }
            },
            iter: 4_000,
            threads: 1);
    }

    [Fact]
    public void Draw_ManyScenes_UsesTheWholeVocabulary()
    {
        var captions = Scenes.Draw(ShapeWorldLevel.Free, 6_000).SelectMany((scene, i) => Scenes.Captions(scene, 5, (ulong)i));
        Assert.Equal(TruthChecker.Vocabulary, captions.SelectMany(caption => caption.Split(' ')).Distinct().Order(StringComparer.Ordinal));
        Assert.InRange(TruthChecker.Vocabulary.Count, 60, 90);
    }

    [Fact]
    public void Draw_Article_FitsTheNextWord()
    {
        var captions = Scenes.Draw(ShapeWorldLevel.Grid, 2_000).SelectMany((scene, i) => Scenes.Captions(scene, 5, (ulong)i)).ToArray();
        Assert.Contains(captions, caption => caption.Contains("an orange ", StringComparison.Ordinal));
        Assert.DoesNotContain(captions, caption => caption.Contains("a orange ", StringComparison.Ordinal));
        Assert.DoesNotContain(captions, caption => caption.Contains("an red ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ShapeWorldLevel.Grid)]
    [InlineData(ShapeWorldLevel.Free)]
    public void Draw_DefaultWorld_TellsFourHundredPicturesApart(ShapeWorldLevel level)
    {
        var scenes = new SceneGenerator(Scenes.Spec(level) with { TestCount = 400 }).Draw(ShapeWorldSplit.Test);
        var gallery = new GalleryRelevance(scenes, [.. scenes.SelectMany((scene, i) => Scenes.Captions(scene, 5, (ulong)i))]);
        Assert.Equal(100, gallery.Oracle.MeanR1);
        Assert.InRange(gallery.OracleOnOwnPairs.MeanR1, 90, 100);
        Assert.InRange(gallery.Chance.MeanR1, 0, 1);
    }
}
