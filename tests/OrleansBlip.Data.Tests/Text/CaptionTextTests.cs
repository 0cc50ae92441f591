using CsCheck;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Text;

public class CaptionTextTests
{
    [Theory]
    [InlineData("  a \t\n dog  ", "a dog")]
    [InlineData("a\0b\u202Ec\uFEFFd\uD800e", "a bcde")]
    [InlineData("<b>bold</b> =SUM(A1)", "<b>bold</b> =SUM(A1)")]
    [InlineData("\n\r ", "")]
    [InlineData("naïve 日本 👍", "naïve 日本 👍")]
    public void Sanitize_OddTexts_KeepsWhatCanBeShown(string caption, string expected) => Assert.Equal(expected, CaptionText.Sanitize(caption));

    [Fact]
    public void Sanitize_AnyText_IsShortWellFormedAndStable() =>
        Gen.Select(Gen.String, Gen.Int[1, 400]).Sample((part, times) =>
        {
            var text = CaptionText.Sanitize(string.Concat(Enumerable.Repeat(part, times)));
            return text.Length <= CaptionText.CharactersMax && !text.Any(char.IsControl) && CaptionText.Sanitize(text) == text;
        });
}
