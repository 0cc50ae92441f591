using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansBlip.Data.Durability;

namespace OrleansBlip.Data.ShapeWorld;

/// <summary>
/// The truth about a split, one JSON object a line. It stands apart from the shards, is read by evaluation only, and training does not miss it.
/// </summary>
public static class TruthFile
{
    /// <summary>Where a world keeps the truth about a split.</summary>
    public static string PathOf(string worldFolder, ShapeWorldSplit split) => Path.Combine(worldFolder, "truth", $"{ShapeWorldWriter.NameOf(split)}.jsonl");

    /// <summary>Reads the truth about a split, in the order of its samples.</summary>
    /// <exception cref="DatasetException">The file is missing, or a line of it is no record.</exception>
    public static IReadOnlyList<TruthRecord> Read(string worldFolder, ShapeWorldSplit split)
    {
        var path = PathOf(worldFolder, split);
        if (!File.Exists(path))
            throw new DatasetException($"The truth about '{split}' is not at '{path}': it is needed to evaluate; generate the world again.");
        var records = new List<TruthRecord>();
        foreach (var line in File.ReadLines(path))
        {
            try
            {
                records.Add(JsonSerializer.Deserialize(line, TruthJson.Default.TruthRecord) ?? throw new JsonException("the line is null"));
            }
            catch (JsonException error)
            {
                throw new DatasetException($"'{path}', line {records.Count + 1}: {error.Message} Generate the world again.", error);
            }
        }
        return records;
    }

    internal static void Write(string path, IEnumerable<TruthRecord> records)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = DurableFile.Create(path);
        foreach (var record in records)
        {
            JsonSerializer.Serialize(file.Stream, record, TruthJson.Default.TruthRecord);
            file.Stream.WriteByte((byte)'\n');
        }
        file.Commit();
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TruthRecord))]
[JsonSerializable(typeof(ShapeWorldSpec))]
internal sealed partial class TruthJson : JsonSerializerContext;
