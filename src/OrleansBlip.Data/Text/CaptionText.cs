using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansBlip.Data.Text;

/// <summary>Texts as they come, made fit to be tokenised or stored.</summary>
public static partial class CaptionText
{
    /// <summary>The longest caption that is kept, in UTF-16 units.</summary>
    public const int CharactersMax = 2_048;

    /// <summary>
    /// A caption from outside made safe to keep and to show: without control, bidirectional and private characters and lone surrogates, white space as
    /// single spaces, at most <see cref="CharactersMax"/> long. Markup is left as it is: it is text, and is shown as text.
    /// </summary>
    public static string Sanitize(string caption)
    {
        var text = new StringBuilder(Math.Min(caption.Length, CharactersMax));
        var isSpaced = false;
        foreach (var rune in caption.EnumerateRunes())
        {
            var isSpace = Rune.IsWhiteSpace(rune) || rune.Value < ' ';
            isSpaced |= isSpace;
            if (isSpace || rune.Value == 0xFFFD || IsInvisible(rune))
                continue;
            if (text.Length + rune.Utf16SequenceLength + 1 > CharactersMax)
                break;
            if (isSpaced && text.Length > 0)
                text.Append(' ');
            text.Append(rune.ToString());
            isSpaced = false;
        }
        return text.ToString();
    }

    /// <summary>A caption as the reference cleans it: lower case, the signs .!"()*#:;~ and runs of white space made one space, cut to so many words.</summary>
    public static string PreCaption(string caption, int wordsMax = 30) =>
        Words(Runs().Replace(Signs().Replace(Lower(caption), " "), " ").TrimEnd('\n').Trim(' '), wordsMax);

    /// <summary>A question as the reference cleans it: lower case, the signs .!"()*#:;~ deleted, spaces at the end dropped, cut to so many words.</summary>
    public static string PreQuestion(string question, int wordsMax = 50) => Words(Signs().Replace(Lower(question), "").TrimEnd(' '), wordsMax);

    /// <summary>A sentence about two pictures that change places: "left" becomes "right" and "right" "left" (reference data/nlvr_dataset.py).</summary>
    public static string SwapSides(string sentence) => string.Join(' ', sentence.Split(' ').Select(word => word switch { "left" => "right", "right" => "left", _ => word }));

    /// <summary>A decoded caption without its prompt, cut off by length as the reference does.</summary>
    public static string StripPrompt(string decoded, string prompt) => decoded.Length > prompt.Length ? decoded[prompt.Length..] : "";

    private static string Words(string text, int wordsMax) => string.Join(' ', text.Split(' ').Take(wordsMax));

    // The two letters whose lower case is not one letter by itself: the dotted capital I, and sigma, which has another form at the end of a word.
    private static string Lower(string text)
    {
        if (text.Contains('Σ'))
            text = FinalSigma().Replace(text, "ς");
        return text.ToLowerInvariant().Replace("İ", "i\u0307", StringComparison.Ordinal);
    }

    private static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Format;

    [GeneratedRegex("[.!\"()*#:;~]")]
    private static partial Regex Signs();

    [GeneratedRegex(@"(?<=[\p{Lu}\p{Ll}\p{Lt}][\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}'.:·’]*)Σ(?![\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}'.:·’]*[\p{Lu}\p{Ll}\p{Lt}])")]
    private static partial Regex FinalSigma();

    // Python's white space has the four information separators, too.
    [GeneratedRegex(@"[\s\x1c-\x1f]{2,}")]
    private static partial Regex Runs();
}
