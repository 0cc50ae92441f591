using System.Text.Json;

namespace OrleansBlip.Data.Text;

/// <summary>A tokenizer.json, Hugging Face's one-file form of a tokenizer, which its fast tokenizers read and nothing else: BERT's uncased WordPiece with BLIP's added tokens.</summary>
public static class TokenizerJson
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Writes the tokenizer of a vocabulary, with which texts are framed as [CLS] pieces [SEP].</summary>
    public static string Write(Vocabulary vocabulary) => JsonSerializer.Serialize(
        new
        {
            version = "1.0",
            truncation = (object?)null,
            padding = (object?)null,
            added_tokens = vocabulary.Specials.OrderBy(token => token.Value)
                .Select(token => new { id = token.Value, content = token.Key, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true }),
            normalizer = new { type = "BertNormalizer", clean_text = true, handle_chinese_chars = true, strip_accents = true, lowercase = true },
            pre_tokenizer = new { type = "BertPreTokenizer" },
            post_processor = new
            {
                type = "TemplateProcessing",
                single = new[] { Token(Vocabulary.ClassToken, 0), Sequence("A", 0), Token(Vocabulary.SeparatorToken, 0) },
                pair = new[] { Token(Vocabulary.ClassToken, 0), Sequence("A", 0), Token(Vocabulary.SeparatorToken, 0), Sequence("B", 1), Token(Vocabulary.SeparatorToken, 1) },
                special_tokens = new[] { Vocabulary.ClassToken, Vocabulary.SeparatorToken }.ToDictionary(token => token, token => new { id = token, ids = new[] { vocabulary.IdOf(token) }, tokens = new[] { token } }),
            },
            decoder = new { type = "WordPiece", prefix = "##", cleanup = true },
            model = new
            {
                type = "WordPiece",
                unk_token = Vocabulary.UnknownToken,
                continuing_subword_prefix = "##",
                max_input_chars_per_word = CaptionTokenizer.WordCharactersMax,
                vocab = vocabulary.Pieces.Index().ToDictionary(piece => piece.Item, piece => piece.Index),
            },
        },
        Json);

    /// <summary>The pieces in the order of their ids.</summary>
    /// <exception cref="DatasetException">It is no uncased WordPiece tokenizer, or ids are missing; the message says which.</exception>
    internal static IReadOnlyList<string> Pieces(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var model = json.RootElement.GetProperty("model");
            var kind = model.TryGetProperty("type", out var type) ? type.GetString() : null;
            if (kind != "WordPiece") throw new DatasetException($"'{path}' holds a tokenizer of type '{kind}'; BLIP's is WordPiece.");
            if (!IsUncased(json.RootElement)) throw new DatasetException($"'{path}' holds a tokenizer that keeps capitals; BLIP's is the uncased one.");
            var ids = new SortedDictionary<int, string>();
            foreach (var entry in model.GetProperty("vocab").EnumerateObject()) Add(entry.Value.GetInt32(), entry.Name);
            if (json.RootElement.TryGetProperty("added_tokens", out var added) && added.ValueKind == JsonValueKind.Array)
                foreach (var token in added.EnumerateArray()) Add(token.GetProperty("id").GetInt32(), token.GetProperty("content").GetString()!);
            var missing = Enumerable.Range(0, ids.Count).FirstOrDefault(id => !ids.ContainsKey(id), -1);
            return missing < 0 ? [.. ids.Values] : throw new DatasetException($"'{path}' gives no piece the id {missing}.");

            // Added tokens may stand in the vocabulary too.
            void Add(int id, string piece)
            {
                if (!ids.TryAdd(id, piece) && ids[id] != piece) throw new DatasetException($"'{path}' gives '{ids[id]}' and '{piece}' the same id, {id}.");
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DatasetException($"'{path}' is no tokenizer.json: {error.Message}", error);
        }
    }

    private static Dictionary<string, object> Token(string token, int sentence) => new() { ["SpecialToken"] = new { id = token, type_id = sentence } };

    private static Dictionary<string, object> Sequence(string name, int sentence) => new() { ["Sequence"] = new { id = name, type_id = sentence } };

    private static bool IsUncased(JsonElement root) =>
        root.TryGetProperty("normalizer", out var normalizer) && normalizer.ValueKind == JsonValueKind.Object
        && normalizer.TryGetProperty("lowercase", out var lowercase) && lowercase.ValueKind == JsonValueKind.True;
}
