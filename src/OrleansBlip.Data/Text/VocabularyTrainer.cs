using OrleansBlip.Data.Sources;

namespace OrleansBlip.Data.Text;

/// <summary>
/// Makes a WordPiece vocabulary from captions: special tokens, each character seen, and the pieces that come of joining the most frequent pair of
/// neighbours again and again. Equal counts are decided by ordinal order, so the same captions, in any order, give the same vocabulary.
/// </summary>
public sealed class VocabularyTrainer
{
    private static readonly string[] Specials =
    [
        Vocabulary.PadToken, Vocabulary.UnknownToken, Vocabulary.ClassToken, Vocabulary.SeparatorToken, Vocabulary.DecodeToken, Vocabulary.EncodeToken,
    ];

    private readonly Dictionary<string, int> _words = [];

    /// <summary>Counts the words of a caption.</summary>
    public void Add(string caption)
    {
        foreach (var word in WordSplitter.Split(caption).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            _words[word] = _words.GetValueOrDefault(word) + 1;
    }

    /// <summary>Counts the words of all texts of a source, true answers and captions of dialogues included, prepared as for training.</summary>
    public void Add(PairSource source)
    {
        for (var picture = 0; picture < source.PictureCount; picture++)
            foreach (var caption in source.ReadPicture(picture).Captions)
            {
                Add(caption.Answers.Count == 0 && caption.Round is null ? CaptionText.PreCaption(caption.Text) : CaptionText.PreQuestion(caption.Text));
                foreach (var answer in caption.Answers) Add(answer.Text);
                if (caption.Round is not { } round) continue;
                Add(CaptionText.PreQuestion(round.Answer));
                // The caption is the same in each round.
                if (round.History.Count == 0) Add(CaptionText.PreCaption(round.Caption));
            }
    }

    /// <summary>Makes the vocabulary of the captions added so far.</summary>
    /// <param name="sizeMax">The most pieces, special tokens included. Characters come first: those that do not fit, the rarest, become [UNK].</param>
    /// <param name="countMin">How often a pair must occur to be joined.</param>
    /// <exception cref="DatasetException">No caption has a word.</exception>
    public Vocabulary Train(int sizeMax, int countMin = 2)
    {
        if (_words.Count == 0)
            throw new DatasetException("The captions hold no word: there is no vocabulary to train.");
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeMax, Specials.Length + 1);
        var spellings = new Spellings(_words);
        var characters = spellings.PieceCounts.OrderByDescending(piece => piece.Value).ThenBy(piece => piece.Key, StringComparer.Ordinal)
            .Select(piece => piece.Key).Take(sizeMax - Specials.Length).ToHashSet();
        // Characters stay even where no word needs them any more; the steps to a longer piece ("circ" to "circle") go once no word is spelled with them.
        var joined = new HashSet<string>();
        while (Specials.Length + characters.Count + joined.Count < sizeMax && spellings.JoinMostFrequent(countMin) is { } join)
        {
            foreach (var part in new[] { join.Left, join.Right }.Where(part => !spellings.PieceCounts.ContainsKey(part)))
                joined.Remove(part);
            joined.Add(join.Joined);
        }
        return new Vocabulary([.. Specials, .. characters.Order(StringComparer.Ordinal), .. joined.Order(StringComparer.Ordinal)]);
    }
}
