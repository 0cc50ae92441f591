using CsCheck;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Text;

public class CaptionTokenizerTests
{
    private static readonly CaptionTokenizer Small = new(new Vocabulary(["[UNK]", "[SEP]", "[CLS]", "[PAD]", "a", "dog", "##s", ".", "picture", "of"]));

    [Fact]
    public void Frame_SmallVocabulary_LooksItsIdsUp()
    {
        var batch = Small.Frame(["A dogs.", "cat"], 8, TokenPadding.Longest);
        Assert.Equal(6, batch.Length);
        Assert.Equal([2, 4, 5, 6, 7, 1, 2, 0, 1, 3, 3, 3], batch.Ids);
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0], batch.Mask);
        Assert.Equal(10, Small.Vocabulary.Decode);
        Assert.Equal(11, Small.Vocabulary.Encode);
        Assert.Equal(4, Small.PromptLength("a picture of "));
    }

    [Fact]
    public void Frame_TooLongText_KeepsFirstAndLastToken()
    {
        var batch = Small.Frame(["a dog a dog a dog"], 4, TokenPadding.MaxLength);
        Assert.Equal([2, 4, 5, 1], batch.Ids);
    }

    [Fact]
    public void Encode_AnyText_GivesIdsOfTheVocabulary() =>
        Gen.String.Sample(text => Small.Encode(text).All(id => id >= 0 && id < Small.Vocabulary.Count));

    [Fact]
    public void Decode_UnknownId_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => Small.Decode([12]));
}
