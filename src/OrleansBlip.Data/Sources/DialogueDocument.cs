using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Sources;

/// <summary>
/// VisDial v1.0's own JSON: {"data": {"dialogs": […], "questions": [text], "answers": [text]}}. A training split has a hundred million answer options: they stay
/// in the file, and only the place of each dialogue in it is kept. Thread-safe once open.
/// </summary>
internal sealed class DialogueDocument : IDisposable
{
    private const long BytesMax = 2_000_000_000;
    private const string Shape = "{\"image_id\", \"caption\", \"dialog\": [{\"question\", \"answer\", \"answer_options\", \"gt_index\"}]}";

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly List<(int Start, int Length)> _places = [];
    private string[]? _questions;
    private string[]? _answers;

    private DialogueDocument(string path, SafeFileHandle file, string sha256)
    {
        _path = path;
        _file = file;
        Sha256 = sha256;
    }

    /// <summary>SHA-256 of the file's bytes, in lower-case hex.</summary>
    public string Sha256 { get; }

    /// <summary>How many dialogues there are.</summary>
    public int Count => _places.Count;

    /// <summary>Finds the dialogues of a file.</summary>
    /// <exception cref="DatasetException">It is no such document.</exception>
    public static DialogueDocument Open(string path)
    {
        if (new FileInfo(path).Length > BytesMax)
            throw new DatasetException($"'{path}' is larger than {BytesMax} bytes: split its dialogues over several files.");
        var bytes = File.ReadAllBytes(path);
        var document = new DialogueDocument(path, File.OpenHandle(path), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        try
        {
            // A byte order mark is no part of the document, but of the places in the file.
            document.Scan(bytes, first: bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0);
            return document;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            document.Dispose();
            throw new DatasetException(
                $"'{path}' is neither a JSON list of {{\"image\", \"caption\"}} nor VisDial's {{\"data\": {{\"dialogs\", \"questions\", \"answers\"}}}}: {error.Message}", error);
        }
    }

    /// <summary>Reads a dialogue: its picture's number, and a question for each round that has an answer and words.</summary>
    /// <exception cref="DatasetException">It lacks a member, or a number in it is no place in its list.</exception>
    public (long ImageId, IReadOnlyList<Caption> Questions) Read(int dialogue, CaptionSource source)
    {
        var bytes = BytesOf(dialogue);
        try
        {
            using var json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 32 });
            var id = Member(json.RootElement, "image_id");
            if (id.ValueKind != JsonValueKind.Number || !id.TryGetInt64(out var imageId) || imageId < 0)
                throw new JsonException($"its \"image_id\" {id} is no whole number from 0");
            return (imageId, Questions(json.RootElement, source));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new DatasetException($"'{_path}', dialogue {dialogue}: {error.Message}. Mend it to {Shape}, or take VisDial v1.0's own file.", error);
        }
    }

    public void Dispose() => _file.Dispose();

    private byte[] BytesOf(int dialogue)
    {
        var (start, length) = _places[dialogue];
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            var read = RandomAccess.Read(_file, bytes.AsSpan(done), start + done);
            if (read == 0) throw new DatasetException($"'{_path}' became shorter since it was opened: leave it alone while it is read.");
            done += read;
        }
        return bytes;
    }

    private void Scan(byte[] bytes, int first)
    {
        var reader = new Utf8JsonReader(bytes.AsSpan(first), new JsonReaderOptions { MaxDepth = 32 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isData = reader.ValueTextEquals("data");
            reader.Read();
            if (isData && reader.TokenType == JsonTokenType.StartObject) ScanData(ref reader, first);
            else reader.Skip();
        }
        // Whatever follows the document is an error, which the reader finds.
        reader.Read();
        if (_questions is null || _answers is null || _places.Count == 0)
            throw new JsonException($"its \"data\" has no {(_questions is null ? "\"questions\"" : _answers is null ? "\"answers\"" : "\"dialogs\"")}");
    }

    private void ScanData(ref Utf8JsonReader reader, int first)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (name == "dialogs") ScanDialogues(ref reader, first);
            else if (name == "questions") _questions = Texts(ref reader);
            else if (name == "answers") _answers = Texts(ref reader);
            else reader.Skip();
        }
    }

    private void ScanDialogues(ref Utf8JsonReader reader, int first)
    {
        RequireArray(ref reader, "dialogs");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = reader.TokenStartIndex;
            reader.Skip();
            _places.Add((first + (int)start, (int)(reader.BytesConsumed - start)));
        }
    }

    private static string[] Texts(ref Utf8JsonReader reader)
    {
        RequireArray(ref reader, "questions\" or \"answers");
        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            texts.Add(CaptionText.Sanitize(reader.GetString() ?? throw new JsonException("null stands where a text is expected")));
        return [.. texts];
    }

    private static void RequireArray(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException($"its \"{name}\" is no list");
    }

    private List<Caption> Questions(JsonElement dialogue, CaptionSource source)
    {
        var caption = Member(dialogue, "caption");
        if (caption.ValueKind != JsonValueKind.String)
            throw new JsonException("its \"caption\" is no text");
        var (about, said, questions) = (CaptionText.Sanitize(caption.GetString()!), new List<(string, string)>(), new List<Caption>());
        var rounds = Items(dialogue, "dialog").ToArray();
        for (var number = 0; number < rounds.Length; number++)
        {
            try
            {
                var question = _questions![Place(Member(rounds[number], "question"), "questions", _questions.Length)];
                // A test split keeps the last answer to itself.
                if (number == rounds.Length - 1 && !rounds[number].TryGetProperty("answer", out _)) break;
                var (options, truth) = Options(rounds[number]);
                if (question.Length > 0 && options[truth].Length > 0)
                    questions.Add(new Caption(question, source) { Round = new DialogueRound { Caption = about, History = [.. said], Options = options, TrueOption = truth } });
                said.Add((question, options[truth]));
            }
            catch (JsonException error)
            {
                throw new JsonException($"round {number}: {error.Message}", error);
            }
        }
        return questions;
    }

    private (string[] Options, int Truth) Options(JsonElement round)
    {
        var answer = _answers![Place(Member(round, "answer"), "answers", _answers.Length)];
        // Nor does it offer options in the rounds before.
        if (!round.TryGetProperty("answer_options", out _) && !round.TryGetProperty("gt_index", out _))
            return ([answer], 0);
        string[] options = [.. Items(round, "answer_options").Select(option => _answers[Place(option, "answers", _answers.Length)])];
        var truth = Place(Member(round, "gt_index"), "answer_options", options.Length);
        return options[truth] == answer
            ? (options, truth)
            : throw new JsonException($"\"gt_index\" {truth} is the option \"{options[truth]}\", and \"answer\" is \"{answer}\"");
    }

    private static JsonElement Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) ? member : throw new JsonException($"there is no \"{name}\"");

    private static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : throw new JsonException($"its \"{name}\" is no list");

    private static int Place(JsonElement json, string list, int count) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var place) && (uint)place < (uint)count
            ? place
            : throw new JsonException($"{json} is no place in \"{list}\", which has {count}");
}
