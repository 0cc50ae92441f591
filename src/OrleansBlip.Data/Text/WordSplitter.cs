using System.Globalization;
using System.Text;
using ADRaffy.ENSNormalize;

namespace OrleansBlip.Data.Text;

/// <summary>
/// Cuts a text into the words that WordPiece spells, as uncased BERT does: controls dropped, lower case letter by letter (a final sigma stays medial),
/// accents stripped, ideographs and punctuation words of their own.
/// </summary>
internal static class WordSplitter
{
    /// <summary>The words, joined by single spaces.</summary>
    public static string Split(ReadOnlySpan<char> text)
    {
        var words = new WordBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
                AddAscii(words, (char)rune.Value);
            else
                AddOther(words, rune);
        }
        return words.ToString();
    }

    private static void AddAscii(WordBuilder words, char sign)
    {
        if (char.IsAsciiLetterOrDigit(sign))
            words.Append(char.ToLowerInvariant(sign));
        else if (sign is ' ' or '\t' or '\n' or '\r')
            words.EndWord();
        else if (sign is > ' ' and < '\x7f')
            words.AppendAlone(new Rune(sign));
    }

    private static void AddOther(WordBuilder words, Rune rune)
    {
        var category = Rune.GetUnicodeCategory(rune);
        if (category is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            words.EndWord();
        else if (IsIdeograph(rune.Value))
            words.AppendAlone(rune);
        else if (rune.Value != 0xFFFD && !IsControl(category))
            AddDecomposed(words, rune);
    }

    // A single character's decomposition, without the reordering of marks that a whole string's would add: the marks go away.
    private static void AddDecomposed(WordBuilder words, Rune rune)
    {
        foreach (var value in ENSNormalize.NF.NFD([rune.Value == 'İ' ? 'i' : Rune.ToLowerInvariant(rune).Value]))
        {
            var part = new Rune(value);
            var category = Rune.GetUnicodeCategory(part);
            if (category == UnicodeCategory.NonSpacingMark)
                continue;
            if (category is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation || value < 0x80 && !Rune.IsLetterOrDigit(part))
                words.AppendAlone(part);
            else
                words.Append(part);
        }
    }

    private static bool IsControl(UnicodeCategory category) => category is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    // The blocks of Chinese characters; Japanese syllables and Korean ones are written with or without spaces, and are not among them.
    private static bool IsIdeograph(int value) => value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private sealed class WordBuilder(int capacity)
    {
        private readonly StringBuilder _text = new(capacity + 16);
        private bool _isBetween = true;

        public void Append(char sign)
        {
            StartWord();
            _text.Append(sign);
        }

        public void Append(Rune rune)
        {
            StartWord();
            _text.Append(rune);
        }

        public void AppendAlone(Rune rune)
        {
            _isBetween = true;
            Append(rune);
            _isBetween = true;
        }

        public void EndWord() => _isBetween = true;

        public override string ToString() => _text.ToString();

        private void StartWord()
        {
            if (_isBetween && _text.Length > 0)
                _text.Append(' ');
            _isBetween = false;
        }
    }
}
