using System.Text;

namespace OrleansBlip.Data.Text;

/// <summary>The words of a corpus as pieces ("c", "##a", "##t"), with the counts of neighbouring pairs kept up to date while pairs are joined.</summary>
internal sealed class Spellings
{
    private readonly (string[] Pieces, int Count)[] _words;
    private readonly Dictionary<string, long> _pieceCounts = [];
    private readonly Dictionary<(string Left, string Right), long> _pairCounts = [];
    private readonly Dictionary<(string Left, string Right), HashSet<int>> _pairWords = [];
    private readonly PriorityQueue<(string Left, string Right), (long Count, string Left, string Right)> _queue = new(MostFrequentFirst);

    private static readonly Comparer<(long Count, string Left, string Right)> MostFrequentFirst = Comparer<(long Count, string Left, string Right)>.Create((a, b) =>
        a.Count != b.Count ? b.Count.CompareTo(a.Count)
        : string.CompareOrdinal(a.Left, b.Left) is not 0 and var left ? left
        : string.CompareOrdinal(a.Right, b.Right));

    public Spellings(IReadOnlyDictionary<string, int> words)
    {
        _words = [.. words.Select(word => (Characters(word.Key), word.Value))];
        for (var word = 0; word < _words.Length; word++)
            Count(word, sign: 1);
        foreach (var (pair, count) in _pairCounts)
            _queue.Enqueue(pair, (count, pair.Left, pair.Right));
    }

    /// <summary>How often each piece stands in the corpus now; pieces that no word is spelled with any more are not there.</summary>
    public IReadOnlyDictionary<string, long> PieceCounts => _pieceCounts;

    /// <summary>Joins the most frequent pair wherever it stands; null where no pair occurs often enough.</summary>
    public (string Left, string Right, string Joined)? JoinMostFrequent(int countMin)
    {
        while (_queue.TryDequeue(out var pair, out var priority))
        {
            // Counts change while a pair waits: an entry that is out of date goes back with its count of now.
            var count = _pairCounts.GetValueOrDefault(pair);
            if (count < countMin)
                continue;
            if (count == priority.Count)
                return (pair.Left, pair.Right, Join(pair));
            _queue.Enqueue(pair, (count, pair.Left, pair.Right));
        }
        return null;
    }

    private string Join((string Left, string Right) pair)
    {
        var joined = pair.Left + pair.Right[2..];
        var touched = new HashSet<(string Left, string Right)>();
        foreach (var word in _pairWords[pair].Order().ToArray())
        {
            Count(word, sign: -1);
            _words[word].Pieces = Replace(_words[word].Pieces, pair, joined);
            Count(word, sign: 1);
            touched.UnionWith(Pairs(word));
        }
        foreach (var other in touched.Where(other => other.Left == joined || other.Right == joined))
            _queue.Enqueue(other, (_pairCounts[other], other.Left, other.Right));
        return joined;
    }

    private void Count(int word, int sign)
    {
        foreach (var piece in _words[word].Pieces)
        {
            if ((_pieceCounts[piece] = _pieceCounts.GetValueOrDefault(piece) + sign * _words[word].Count) == 0)
                _pieceCounts.Remove(piece);
        }
        foreach (var pair in Pairs(word))
        {
            _pairCounts[pair] = _pairCounts.GetValueOrDefault(pair) + sign * _words[word].Count;
            if (!_pairWords.TryGetValue(pair, out var words))
                _pairWords[pair] = words = [];
            if (sign > 0)
                words.Add(word);
            else
                words.Remove(word);
        }
    }

    private IEnumerable<(string Left, string Right)> Pairs(int word) => _words[word].Pieces.Zip(_words[word].Pieces.Skip(1));

    private static string[] Replace(string[] pieces, (string Left, string Right) pair, string joined)
    {
        var replaced = new List<string>(pieces.Length);
        for (var i = 0; i < pieces.Length; i++)
        {
            var isPair = i + 1 < pieces.Length && pieces[i] == pair.Left && pieces[i + 1] == pair.Right;
            replaced.Add(isPair ? joined : pieces[i]);
            i += isPair ? 1 : 0;
        }
        return [.. replaced];
    }

    private static string[] Characters(string word) =>
        [.. word.EnumerateRunes().Select((Rune rune, int index) => index == 0 ? rune.ToString() : $"##{rune}")];
}
