using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace OrleansBlip.Model.Metrics;

/// <summary>
/// Penn Treebank tokens of English captions, as the COCO caption evaluation prepares texts for its metrics: words split from punctuation and clitics
/// ("is n't", "man 's"), lower case, most punctuation dropped. It follows the conventions of Stanford's tokenizer on caption-like text, not its whole
/// grammar.
/// </summary>
public static partial class PtbTokenizer
{
    // Brackets stay: the evaluation drops "-LRB-" and the like, but only after the text has become lower-case.
    private static readonly FrozenSet<string> Dropped =
        new[] { "''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Written = new Dictionary<string, string>
    {
        ["("] = "-lrb-", [")"] = "-rrb-", ["["] = "-lsb-", ["]"] = "-rsb-", ["{"] = "-lcb-", ["}"] = "-rcb-",
        ["£"] = "#", ["…"] = "...", ["“"] = "``", ["”"] = "''",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Fused = new Dictionary<string, string>
    {
        ["cannot"] = "can not", ["gonna"] = "gon na", ["gotta"] = "got ta", ["wanna"] = "wan na", ["gimme"] = "gim me", ["lemme"] = "lem me",
        ["y'all"] = "y' all", ["'tis"] = "'t is", ["'twas"] = "'t was",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What the caption metrics take: tokens without punctuation, separated by single spaces.</summary>
    public static string Tokenize(string text) => string.Join(' ', Split(text).Where(token => !Dropped.Contains(token)));

    /// <summary>All tokens, punctuation included.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        text = text.Replace('’', '\'').Replace('‘', '\'').Trim();
        var tokens = new List<string>();
        foreach (Match match in Token().Matches(text))
        {
            string token = match.Value.ToLowerInvariant();
            if (match.Groups["word"].Success) AddWord(tokens, token);
            else if (match.Groups["dashes"].Success) tokens.Add("--");
            else if (match.Groups["dots"].Success) tokens.Add("...");
            else if (match.Groups["smiley"].Success)
                tokens.Add(token.Replace("(", "-lrb-", StringComparison.Ordinal).Replace(")", "-rrb-", StringComparison.Ordinal));
            else if (match.Groups["quote"].Success) tokens.Add(Quote(token, opens: Opens(text, match)));
            else tokens.Add(Written.GetValueOrDefault(token, token));
            // The period of a last abbreviation ends the sentence too.
            if (match.Groups["abbreviation"].Success && match.Index + match.Length == text.Length) tokens.Add(".");
        }
        return tokens;
    }

    private static void AddWord(List<string> tokens, string word)
    {
        if (Fused.TryGetValue(word, out string? split))
        {
            tokens.AddRange(split.Split(' '));
            return;
        }
        int place = tokens.Count;
        for (var clitic = Clitic().Match(word); clitic.Success; clitic = Clitic().Match(word))
        {
            tokens.Insert(place, clitic.Value);
            word = word[..clitic.Index];
        }
        tokens.Insert(place, word);
    }

    private static bool Opens(string text, Match quote) =>
        quote.Index == 0 || char.IsWhiteSpace(text[quote.Index - 1]) || text[quote.Index - 1] is '(' or '[' or '{';

    private static string Quote(string quote, bool opens) => quote switch
    {
        "\"" => opens ? "``" : "''",
        "'" => opens ? "`" : "'",
        _ => quote,
    };

    [GeneratedRegex(@"(?<=\w)(n't|'(s|m|d|ll|re|ve))$")]
    private static partial Regex Clitic();

    // Tried in this order at each place; the last line takes any other character for itself.
    [GeneratedRegex(
        """
        </?[A-Za-z][^>\s]*>
        | (?:https?://|www\.)[^\s"<>|()]*[^\s"<>|().!?,;:-]
        | [\w.+-]*\w@\w[\w-]*(?:\.\w[\w-]*)+
        | (?<smiley>(?<!\w)[:;=]-?[()](?!\w))
        | (?<dots>\.{3,5})
        | (?<dashes>--+|[–—])
        | (?<quote>``|''|")
        | '\d\ds\b | 'n'
        | (?<abbreviation>\b(?:(?:\p{L}\.){2,}
            |(?i:mr|mrs|ms|dr|prof|gen|sgt|rev|jr|sr|st|ave|blvd|rd|mt|vs|etc|ft|inc|ltd|co|corp|approx|jan|feb|aug|sept|oct|nov|dec)\.|(?i:no)\.(?=\s*\d)))
        | (?<!\w)[+-]?\d*[.,]?\d+(?:[.,:/-]\d+)*(?!'?\w)
        | (?<word>'(?i:tis|twas)\b | [\w]+(?:[-/'&]\w+)*)
        | (?<quote>')
        | [!?]+
        | \S
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
