using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansBlip.Data.Durability;

namespace OrleansBlip.Grains.Evaluation;

/// <summary>A model's scores, and what they are made of.</summary>
/// <param name="Report">The scores.</param>
/// <param name="Items">Each picture and text.</param>
public sealed record EvaluationOutcome(EvaluationReport Report, EvaluationItems Items)
{
    private const string ReportFile = "report.json", ItemsFile = "items.json";

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">A file is missing or damaged.</exception>
    public static EvaluationOutcome Open(string folder) => new(
        Read(Path.Combine(folder, ReportFile), EvaluationJson.Default.EvaluationReport), Read(Path.Combine(folder, ItemsFile), EvaluationJson.Default.EvaluationItems));

    /// <summary>Whether <see cref="Save"/> came to its end in this folder.</summary>
    public static bool IsSavedIn(string folder) => File.Exists(Path.Combine(folder, ReportFile));

    /// <summary>Writes <c>items.json</c> and, last, <c>report.json</c>.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        DurableFile.WriteAllBytes(Path.Combine(folder, ItemsFile), JsonSerializer.SerializeToUtf8Bytes(Items, EvaluationJson.Default.EvaluationItems));
        DurableFile.WriteAllBytes(Path.Combine(folder, ReportFile), JsonSerializer.SerializeToUtf8Bytes(Report, EvaluationJson.Default.EvaluationReport));
    }

    private static T Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        if (!File.Exists(path)) throw new InvalidDataException($"'{path}' does not exist: evaluate again.");
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is damaged, evaluate again: {error.Message}", error);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(EvaluationItems))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
