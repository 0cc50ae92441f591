using System.Text.Json;

namespace OrleansBlip.Data.Text;

/// <summary>The WordPiece vocabulary inside a tokenizer.json, Hugging Face's one-file form of a tokenizer.</summary>
internal static class TokenizerJson
{
    /// <summary>The pieces in the order of their ids.</summary>
    /// <exception cref="DatasetException">It is no uncased WordPiece tokenizer, or ids are missing; the message says which.</exception>
    public static IReadOnlyList<string> Pieces(string path)
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

    private static bool IsUncased(JsonElement root) =>
        root.TryGetProperty("normalizer", out var normalizer) && normalizer.ValueKind == JsonValueKind.Object
        && normalizer.TryGetProperty("lowercase", out var lowercase) && lowercase.ValueKind == JsonValueKind.True;
}
