using CsCheck;
using OrleansBlip.Data.Order;
using OrleansBlip.Data.ShapeWorld;

namespace OrleansBlip.Data.Tests.ShapeWorld;

public sealed class TruthCheckerTests
{
    // A large red circle in the top left, a small blue square in the middle, a small red star below it.
    private static readonly Scene Three = Scenes.Of(
        Scenes.Object(ShapeSize.Large, ShapeColour.Red, ShapeKind.Circle, 0, 0),
        Scenes.Object(ShapeSize.Small, ShapeColour.Blue, ShapeKind.Square, 1, 1),
        Scenes.Object(ShapeSize.Small, ShapeColour.Red, ShapeKind.Star, 2, 1, ShapeTexture.Striped));

    private static readonly Scene One = Scenes.Of(Scenes.Object(ShapeSize.Medium, ShapeColour.Orange, ShapeKind.Moon, 2, 0));

    [Theory]
    [InlineData("a red circle")]
    [InlineData("a large red circle in the top left corner")]
    [InlineData("A big red circle, in the upper left.")]
    [InlineData("the red circle is at the top left")]
    [InlineData("there is a circle on the left side")]
    [InlineData("a picture of a circle at the top and a blue square in the centre")]
    [InlineData("in the middle is a little blue square and at the bottom there is a star")]
    [InlineData("a red circle to the left of a blue square")]
    [InlineData("the blue square is over the red star")]
    [InlineData("below the square there is a striped red star")]
    [InlineData("a square with a red star below it")]
    [InlineData("a square with a circle to its left")]
    [InlineData("two red shapes")]
    [InlineData("two small objects and a red circle")]
    [InlineData("one red circle")]
    [InlineData("a single plain red circle")]
    [InlineData("three shapes including a blue square")]
    [InlineData("only a circle and a square and a star")]
    [InlineData("two red objects and a square and nothing else")]
    [InlineData("a red circle and a red star")]
    public void IsTrue_WhatTheSceneShows_IsTrue(string caption) => Assert.True(TruthChecker.IsTrue(caption, Three));

    [Theory]
    [InlineData("a blue circle")]
    [InlineData("a small red circle")]
    [InlineData("a red circle in the top right")]
    [InlineData("a red circle at the bottom")]
    [InlineData("a red circle in the middle left")]
    [InlineData("a red circle to the right of a blue square")]
    [InlineData("a blue square to the left of a red star")] // level with each other
    [InlineData("the blue square is below the red star")]
    [InlineData("above the square is a red star")]
    [InlineData("a square with a circle to its right")]
    [InlineData("a red circle and a red circle")] // there is one
    [InlineData("a dotted red star")]
    [InlineData("a plain red star")]
    [InlineData("three red shapes")]
    [InlineData("two circles")]
    [InlineData("two shapes including a blue square")]
    [InlineData("four objects including a blue square")]
    [InlineData("only a red circle")]
    [InlineData("a circle and a star and nothing else")]
    [InlineData("two red objects and nothing else")]
    public void IsTrue_WhatTheSceneDoesNotShow_IsFalse(string caption) => Assert.False(TruthChecker.IsTrue(caption, Three));

    [Theory]
    [InlineData("")]
    [InlineData("picture")]
    [InlineData("red circle")]
    [InlineData("a circle red")]
    [InlineData("a red blue circle")]
    [InlineData("a red circle a blue square")]
    [InlineData("a red circle and")]
    [InlineData("a red circle left of a blue square")]
    [InlineData("a red circle with a blue square")]
    [InlineData("a red circle in the")]
    [InlineData("a red circle in the top left of a blue square")]
    [InlineData("two red circle")]
    [InlineData("a red circles")]
    [InlineData("two shapes")]
    [InlineData("a shape")]
    [InlineData("two circles above a square")]
    [InlineData("in the top left is a circle in the top left")]
    [InlineData("two shapes including a circle and nothing else")]
    [InlineData("a red circle above a blue square above a red star")]
    [InlineData("IMG_2034.JPG")]
    [InlineData("buy cheap red circle poster")]
    public void CanRead_WhatIsNoCaption_IsFalse(string text) => Assert.False(TruthChecker.CanRead(text));

    [Fact]
    public void CanRead_CaptionWithAForeignWord_IsFalse()
    {
        var scenes = Scenes.Draw(ShapeWorldLevel.Free, 200);
        var foreign = Gen.String[Gen.Char.AlphaNumeric, 1, 8].Where(word => !TruthChecker.Vocabulary.Contains(word.ToLowerInvariant()));
        Gen.Select(Gen.Int[0, 199], Gen.ULong, foreign, Gen.Int[0, 100]).Sample(
            (scene, key, word, place) =>
            {
                var words = Scenes.Captions(scenes[scene], 1, key)[0].Split(' ').ToList();
                words.Insert(place % (words.Count + 1), word);
                return !TruthChecker.CanRead(string.Join(' ', words));
            },
            iter: 5_000,
            threads: 1);
    }

    [Fact]
    public void CanRead_AnyString_IsFalse() => Gen.String[0, 200].Sample(text => !TruthChecker.CanRead(text), iter: 20_000, threads: 1);

    [Fact]
    public void IsTrue_AnyWordsOfTheLanguage_NeverThrows() =>
        Gen.Int[0, TruthChecker.Vocabulary.Count - 1].Select(word => TruthChecker.Vocabulary[word]).Array[0, 30].Sample(
            words =>
            {
                _ = TruthChecker.IsTrue(string.Join(' ', words), Three);
                _ = CaptionMentions.Of(string.Join(' ', words));
            },
            iter: 50_000,
            threads: 1);

    [Fact]
    public void IsTrue_OneWordChangedOfOneObject_IsFalse()
    {
        var scenes = Scenes.Draw(ShapeWorldLevel.Grid, 5_000).Where(scene => scene.Objects.Length == 1).ToArray();
        for (var i = 0; i < scenes.Length; i++)
        {
            var caption = Scenes.Captions(scenes[i], 1, (ulong)i)[0];
            var changed = new WebNoise(ShapeWorldLevel.Grid, new KeyedRandom((ulong)i)).ChangeAttribute(caption);
            Assert.True(TruthChecker.CanRead(changed), changed);
            Assert.False(TruthChecker.IsTrue(changed, scenes[i]), $"{caption} → {changed}");
        }
    }

    [Fact]
    public void IsTrue_OtherScenesCaptions_AreSeldomTrue()
    {
        var captions = Scenes.Draw(ShapeWorldLevel.Grid, 1_000).Select((scene, i) => Scenes.Captions(scene, 1, (ulong)i)[0]).ToArray();
        Assert.InRange(captions.Count(caption => TruthChecker.IsTrue(caption, One)), 0, 5);
    }
}
