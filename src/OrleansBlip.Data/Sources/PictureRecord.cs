using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Sources;

/// <summary>
/// What the texts beside a picture say: BLIP's "caption" (one or a list) and "image_id", our "captions" (objects with a source of their own) and "source",
/// or, without these, a text file with one caption a line. A "question" with its "answer" (one or a list; data set "vg" counts a fifth) and a "sentence" with
/// its "label" are read as the reference's VQA and NLVR2 files have them.
/// </summary>
internal static class PictureRecord
{
    // People write five; a text file of a million lines is no caption list.
    private const int CaptionsMax = 100;

    // What one answer of Visual Genome counts beside VQA's, which ten people gave.
    private const double GenomeWeight = 0.2;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32 };

    /// <summary>Reads the texts of a picture.</summary>
    /// <exception cref="JsonException">The JSON is invalid.</exception>
    public static Picture Parse(string key, ReadOnlyMemory<byte>? json, ReadOnlyMemory<byte>? text, string digest, CaptionSource source)
    {
        if (json is not { } bytes)
            return new Picture(key, IdOf(digest, key), [.. Lines(text, source).Take(CaptionsMax)]);
        using var document = JsonDocument.Parse(bytes, Options);
        return Parse(key, document.RootElement, text, digest, source);
    }

    /// <summary>Reads the texts of a picture from JSON that is open already.</summary>
    /// <exception cref="JsonException">It is no object, or holds text that is no Unicode.</exception>
    public static Picture Parse(string key, JsonElement json, ReadOnlyMemory<byte>? text, string digest, CaptionSource source)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new JsonException($"a {json.ValueKind} stands where an object is expected");
        try
        {
            source = SourceOf(json, "source") ?? source;
            return new Picture(key, ReadId(json) ?? IdOf(digest, key), [.. Texts(json, text, source).Take(CaptionsMax)]);
        }
        catch (InvalidOperationException error)
        {
            // What the reader throws for lone surrogates and invalid UTF-8, which it finds only when a text is asked for.
            throw new JsonException(error.Message, error);
        }
    }

    /// <summary>A 63-bit number for a picture that states none.</summary>
    public static long IdOf(string scope, string key) =>
        BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{scope}/{key}"))) & long.MaxValue;

    private static IEnumerable<Caption> Texts(JsonElement json, ReadOnlyMemory<byte>? text, CaptionSource source)
    {
        if (json.TryGetProperty("question", out var question))
            return Captions(question, source).Select(caption => caption with { Answers = Answers(json) });
        if (json.TryGetProperty("sentence", out var sentence))
            return Captions(sentence, source).Select(caption => caption with { IsTrue = Truth(json) });
        return json.TryGetProperty("captions", out var many) || json.TryGetProperty("caption", out many) ? Captions(many, source) : Lines(text, source);
    }

    // Equal answers of several people are one, with the share of those who gave it (reference data/vqa_dataset.py).
    private static Answer[] Answers(JsonElement json)
    {
        if (!json.TryGetProperty("answer", out var answer) && !json.TryGetProperty("answers", out answer))
            return [];
        string[] given = answer.ValueKind switch
        {
            JsonValueKind.String => [answer.GetString()!],
            JsonValueKind.Array => [.. answer.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)],
            _ => [],
        };
        var clean = given.Select(CaptionText.Sanitize).Where(text => text.Length > 0).ToArray();
        var isGenome = json.TryGetProperty("dataset", out var set) && set.ValueKind == JsonValueKind.String && set.GetString() == "vg";
        var all = isGenome ? GenomeWeight : 1.0;
        return [.. clean.GroupBy(text => text, StringComparer.Ordinal).Select(same => new Answer(same.Key, all * same.Count() / clean.Length))];
    }

    // NLVR2 writes "True" and "False".
    private static bool? Truth(JsonElement json) => !json.TryGetProperty("label", out var label) ? null : label.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => bool.TryParse(label.GetString(), out var truth) ? truth : null,
        _ => null,
    };

    private static IEnumerable<Caption> Captions(JsonElement json, CaptionSource source) => json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray().SelectMany(caption => Captions(caption, source)),
        JsonValueKind.String => Clean(json.GetString()!, source),
        JsonValueKind.Object when json.TryGetProperty("caption", out var text) && text.ValueKind == JsonValueKind.String =>
            Clean(text.GetString()!, SourceOf(json, "caption_source") ?? source),
        _ => [],
    };

    private static IEnumerable<Caption> Lines(ReadOnlyMemory<byte>? text, CaptionSource source) =>
        text is { } bytes ? Encoding.UTF8.GetString(bytes.Span).Split('\n').SelectMany(line => Clean(line, source)) : [];

    private static IEnumerable<Caption> Clean(string text, CaptionSource source) =>
        CaptionText.Sanitize(text) is { Length: > 0 } clean ? [new Caption(clean, source)] : [];

    private static CaptionSource? SourceOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && Enum.TryParse<CaptionSource>(value.GetString(), ignoreCase: true, out var source) && Enum.IsDefined(source) ? source : null;

    private static long? ReadId(JsonElement json)
    {
        if (!json.TryGetProperty("image_id", out var id))
            return null;
        return id.ValueKind switch
        {
            JsonValueKind.Number when id.TryGetInt64(out var number) && number >= 0 => number,
            JsonValueKind.Number or JsonValueKind.String => IdOf("image_id", id.ToString()),
            _ => null,
        };
    }
}
