using System.Text;
using Microsoft.ML.Tokenizers;

namespace OrleansBlip.Data.Text;

/// <summary>
/// BERT's uncased WordPiece with BLIP's [DEC] and [ENC], and back. Words are cut by <see cref="WordSplitter"/>, since the library's own normaliser treats
/// capitals and marks otherwise than the reference; the library spells them. Thread-safe.
/// </summary>
public sealed class CaptionTokenizer
{
    /// <summary>Characters of the longest word that is spelt; a longer one is [UNK].</summary>
    internal const int WordCharactersMax = 100;

    private static readonly (string Spaced, string Closed)[] CleanUps =
        [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")];

    private readonly WordPieceTokenizer _wordPieces;
    private readonly HashSet<int> _specialIds;

    /// <summary>Tokenises by a vocabulary.</summary>
    public CaptionTokenizer(Vocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        _specialIds = [.. vocabulary.Specials.Values];
        using var lines = new MemoryStream(vocabulary.ToBytes());
        _wordPieces = WordPieceTokenizer.Create(lines, new WordPieceOptions
        {
            PreTokenizer = PreTokenizer.CreateWhiteSpace(),
            UnknownToken = Vocabulary.UnknownToken,
            MaxInputCharsPerWord = WordCharactersMax,
        });
    }

    /// <summary>The pieces and their ids.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The ids of a text's pieces, without [CLS] and [SEP]. Special tokens written in it are kept whole, where their case matches.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        var ids = new List<int>();
        var start = 0;
        while (NextSpecial(text, start) is var (at, token))
        {
            EncodeWords(text.AsSpan(start, at - start), ids);
            ids.Add(Vocabulary.Specials[token]);
            start = at + token.Length;
        }
        EncodeWords(text.AsSpan(start), ids);
        return ids;
    }

    /// <summary>Frames texts as [CLS] pieces [SEP] and pads them. What is too long is cut; [CLS] and [SEP] stay.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="lengthMax">The most tokens of a text, [CLS] and [SEP] included; at least 2.</param>
    /// <param name="padding">How far to pad.</param>
    public TokenBatch Frame(IReadOnlyList<string> texts, int lengthMax, TokenPadding padding)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthMax, 2);
        var pieces = texts.Select(text => Encode(text).Take(lengthMax - 2).ToArray()).ToArray();
        var length = padding == TokenPadding.MaxLength ? lengthMax : pieces.Max(row => row.Length + 2);
        var batch = new TokenBatch(new long[texts.Count * length], new long[texts.Count * length], length);
        Array.Fill(batch.Ids, Vocabulary.Pad);
        for (var row = 0; row < pieces.Length; row++)
        {
            var ids = batch.Ids.AsSpan(row * length, pieces[row].Length + 2);
            ids[0] = Vocabulary.Class;
            for (var i = 0; i < pieces[row].Length; i++)
                ids[i + 1] = pieces[row][i];
            ids[^1] = Vocabulary.Separator;
            batch.Mask.AsSpan(row * length, ids.Length).Fill(1);
        }
        return batch;
    }

    /// <summary>The text of token ids: pieces joined, spaces before punctuation closed.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecials">True to leave special tokens out, [UNK] too.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<long> ids, bool skipSpecials = true)
    {
        var text = new StringBuilder();
        // A piece is not joined to [DEC] or [ENC] before it, which are no words.
        var isJoinable = false;
        foreach (var id in ids)
        {
            if (id < 0 || id >= Vocabulary.Count)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"Token ids are 0 to {Vocabulary.Count - 1}.");
            if (skipSpecials && _specialIds.Contains((int)id))
                continue;
            var piece = Vocabulary.Pieces[(int)id];
            var isContinuing = isJoinable && piece.StartsWith("##", StringComparison.Ordinal);
            if (!isContinuing && text.Length > 0)
                text.Append(' ');
            text.Append(isContinuing ? piece.AsSpan(2) : piece);
            isJoinable = id != Vocabulary.Decode && id != Vocabulary.Encode;
        }
        return CleanUps.Aggregate(text.ToString(), (cleaned, pair) => cleaned.Replace(pair.Spaced, pair.Closed, StringComparison.Ordinal));
    }

    /// <summary>How many tokens of a generated text are its prompt: [DEC] and the prompt's pieces.</summary>
    public int PromptLength(string prompt) => 1 + Encode(prompt).Count;

    private (int At, string Token)? NextSpecial(string text, int start)
    {
        for (var at = text.IndexOf('[', start); at >= 0; at = text.IndexOf('[', at + 1))
        {
            foreach (var token in Vocabulary.Specials.Keys)
            {
                if (text.AsSpan(at).StartsWith(token, StringComparison.Ordinal))
                    return (at, token);
            }
        }
        return null;
    }

    private void EncodeWords(ReadOnlySpan<char> text, List<int> ids)
    {
        if (WordSplitter.Split(text) is { Length: > 0 } words)
            ids.AddRange(_wordPieces.EncodeToIds(words, considerNormalization: false));
    }
}
