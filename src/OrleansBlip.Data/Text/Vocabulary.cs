using System.Security.Cryptography;
using System.Text;
using OrleansBlip.Data.Durability;

namespace OrleansBlip.Data.Text;

/// <summary>
/// The pieces of a WordPiece vocabulary, one a line of vocab.txt, each with its line number as id. Ids are looked up, never assumed: BERT's file puts
/// [CLS] at 101, a small one trained here at 2. [DEC] and [ENC] are appended where the file lacks them, as the reference does to BERT's.
/// </summary>
public sealed class Vocabulary
{
    internal const string PadToken = "[PAD]";
    internal const string UnknownToken = "[UNK]";
    internal const string ClassToken = "[CLS]";
    internal const string SeparatorToken = "[SEP]";
    internal const string MaskToken = "[MASK]";
    internal const string DecodeToken = "[DEC]";
    internal const string EncodeToken = "[ENC]";

    private readonly Dictionary<string, int> _ids;

    /// <summary>Takes the pieces in the order of their ids.</summary>
    /// <exception cref="DatasetException">[PAD], [UNK], [CLS] or [SEP] is missing, or a piece stands twice.</exception>
    public Vocabulary(IEnumerable<string> pieces)
    {
        List<string> all = [.. pieces];
        all.AddRange(new[] { DecodeToken, EncodeToken }.Where(token => !all.Contains(token)));
        Pieces = all;
        _ids = new Dictionary<string, int>(all.Count);
        for (var id = 0; id < all.Count; id++)
        {
            if (!_ids.TryAdd(all[id], id))
                throw new DatasetException($"vocabulary: '{all[id]}' stands in lines {_ids[all[id]] + 1} and {id + 1}; a piece has one id.");
        }
        Pad = Special(PadToken);
        Unknown = Special(UnknownToken);
        Class = Special(ClassToken);
        Separator = Special(SeparatorToken);
        Decode = Special(DecodeToken);
        Encode = Special(EncodeToken);
        Specials = new[] { PadToken, UnknownToken, ClassToken, SeparatorToken, MaskToken, DecodeToken, EncodeToken }
            .Where(_ids.ContainsKey).ToDictionary(token => token, token => _ids[token]);
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(ToBytes()));
    }

    /// <summary>All pieces; the index is the id.</summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <summary>How many ids there are.</summary>
    public int Count => Pieces.Count;

    /// <summary>The id of [PAD].</summary>
    public int Pad { get; }

    /// <summary>The id of [UNK].</summary>
    public int Unknown { get; }

    /// <summary>The id of [CLS], which starts a framed text.</summary>
    public int Class { get; }

    /// <summary>The id of [SEP], which ends a framed text and a generated one.</summary>
    public int Separator { get; }

    /// <summary>The id of [DEC], which starts a text to be generated.</summary>
    public int Decode { get; }

    /// <summary>The id of [ENC], which starts a text to be matched with a picture.</summary>
    public int Encode { get; }

    /// <summary>The SHA-256 of vocab.txt as <see cref="Save"/> writes it, in lower-case hex.</summary>
    public string Sha256 { get; }

    /// <summary>Special tokens and their ids: kept whole in a text, left out of a decoded one.</summary>
    internal IReadOnlyDictionary<string, int> Specials { get; }

    /// <summary>Reads vocab.txt, or the vocabulary of a tokenizer.json.</summary>
    /// <exception cref="DatasetException">The file is missing or no vocabulary.</exception>
    public static Vocabulary Load(string path)
    {
        if (!File.Exists(path))
            throw new DatasetException($"Vocabulary '{path}' does not exist: give the path of a vocab.txt or tokenizer.json, or train one with 'tokenizer train'.");
        if (Path.GetExtension(path) == ".json") return new Vocabulary(TokenizerJson.Pieces(path));
        var text = File.ReadAllText(path, Encoding.UTF8);
        return new Vocabulary(text.TrimEnd('\n', '\r').Split('\n').Select(line => line.TrimEnd('\r')));
    }

    /// <summary>The vocabulary's file in a folder of weights: vocab.txt, or else tokenizer.json; the former's path where neither is there.</summary>
    public static string FileIn(string folder)
    {
        var (lines, json) = (Path.Combine(folder, "vocab.txt"), Path.Combine(folder, "tokenizer.json"));
        return !File.Exists(lines) && File.Exists(json) ? json : lines;
    }

    /// <summary>Writes vocab.txt durably.</summary>
    public void Save(string path) => DurableFile.WriteAllBytes(path, ToBytes());

    /// <summary>The id of a piece, or that of [UNK].</summary>
    public int IdOf(string piece) => _ids.GetValueOrDefault(piece, Unknown);

    internal byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Join('\n', Pieces) + "\n");

    private int Special(string token) =>
        _ids.TryGetValue(token, out var id) ? id : throw new DatasetException($"vocabulary: '{token}' is missing; this is no BERT vocabulary.");
}
