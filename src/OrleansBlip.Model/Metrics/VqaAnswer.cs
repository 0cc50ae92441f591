using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace OrleansBlip.Model.Metrics;

/// <summary>How the VQA evaluation normalises an answer, its quirks included: they decide published numbers.</summary>
public static partial class VqaAnswer
{
    private const string Punctuation = ";/[]\"{}()=+\\_-><@`,?!";

    // An argument meant as a flag is read as the number of replacements: the value of re.UNICODE.
    private const int PeriodsRemovedMax = 32;

    private static readonly string[] Articles = ["a", "an", "the"];

    private static readonly string[] NumberWords = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

    /// <summary>Misspelt contractions: each of these words with exactly one apostrophe left out, but for a reversed entry of the original table.</summary>
    private static readonly FrozenDictionary<string, string> Contractions = ContractionsOf(
        """
        'ow's'at 'twas ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've he's how'd how'll
        how's isn't it'd it'd've it'll ma'am might've mightn't mightn't've must've mustn't needn't not've o'clock oughtn't shan't she'd've should've
        shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's something'd something'd've something'll
        that's there'd there'd've there're there's they'd they'd've they'll they're they've wasn't we'd've we've weren't what'll what're what's what've
        when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'd've
        y'all'll you'd you'd've you'll you're you've
        """);

    /// <summary>Punctuation, then number words, articles, contractions and case.</summary>
    public static string Normalize(string answer) => NormalizeWords(NormalizePunctuation(answer));

    /// <summary>Removes a sign if it stands beside a space anywhere, or the answer has a number with a comma; else a space replaces it.</summary>
    public static string NormalizePunctuation(string answer)
    {
        string input = Clean(answer), output = input;
        bool hasCommaInNumber = CommaInNumber().IsMatch(input);
        foreach (char sign in Punctuation)
        {
            bool vanishes = hasCommaInNumber || input.Contains($"{sign} ", StringComparison.Ordinal) || input.Contains($" {sign}", StringComparison.Ordinal);
            output = output.Replace(sign.ToString(), vanishes ? "" : " ", StringComparison.Ordinal);
        }
        return PeriodBeforeNoDigit().Replace(output, "", PeriodsRemovedMax);
    }

    /// <summary>Lower case, number words as digits, no articles, apostrophes restored, single spaces.</summary>
    public static string NormalizeWords(string answer) => string.Join(
        ' ',
        CaptionCase.Tokens(answer.ToLowerInvariant()).Select(Digits)
            .Where(word => !Articles.Contains(word)).Select(word => Contractions.GetValueOrDefault(word, word)));

    /// <summary>One line without white space around it.</summary>
    internal static string Clean(string answer) => answer.Replace('\n', ' ').Replace('\t', ' ').Trim();

    private static string Digits(string word) => word == "none" ? "0" : Array.IndexOf(NumberWords, word) is >= 0 and var number ? number.ToString() : word;

    private static FrozenDictionary<string, string> ContractionsOf(string words)
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal) { ["somebody'd"] = "somebodyd" };
        foreach (string word in CaptionCase.Tokens(words))
        {
            for (int i = word.IndexOf('\''); i >= 0; i = word.IndexOf('\'', i + 1)) table[word.Remove(i, 1)] = word;
        }
        return table.ToFrozenDictionary(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"\d,\d")]
    private static partial Regex CommaInNumber();

    [GeneratedRegex(@"\.(?!\d)")]
    private static partial Regex PeriodBeforeNoDigit();
}
