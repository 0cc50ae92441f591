using OrleansBlip.Model.Metrics;

namespace OrleansBlip.Model.Tests.Metrics;

public sealed class PtbTokenizerTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  \n ", "")]
    [InlineData("...", "")]
    [InlineData("A couldn't've B", "a could n't 've b")]
    [InlineData("It’s a “big” dog…", "it 's a big dog")]
    [InlineData("Dogs,cats;birds", "dogs cats birds")]
    [InlineData("2 dogs. 3 cats.", "2 dogs 3 cats")]
    public void Tokenize_Text_GivesTokens(string text, string expected) => Assert.Equal(expected, PtbTokenizer.Tokenize(text));
}
