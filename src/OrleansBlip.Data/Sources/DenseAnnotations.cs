using System.Text.Json;

namespace OrleansBlip.Data.Sources;

/// <summary>How many people found each option of a question right, where VisDial's dense annotations tell it: [{"image_id", "round_id", "gt_relevance"}].</summary>
public static class DenseAnnotations
{
    /// <summary>Reads the file.</summary>
    /// <returns>By picture and number of rounds before the question, the relevance of each option, 0–1.</returns>
    /// <exception cref="DatasetException">It is no such list.</exception>
    public static IReadOnlyDictionary<(long ImageId, int Round), double[]> Read(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            // Rounds are counted from 1 there. The training split calls the list otherwise.
            return json.RootElement.EnumerateArray().ToDictionary(
                item => (item.GetProperty("image_id").GetInt64(), item.GetProperty("round_id").GetInt32() - 1),
                item => (item.TryGetProperty("gt_relevance", out var relevance) ? relevance : item.GetProperty("relevance")).EnumerateArray().Select(value => value.GetDouble()).ToArray());
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new DatasetException($"'{path}' holds no dense annotations [{{\"image_id\", \"round_id\", \"gt_relevance\"}}], each round once: {error.Message}", error);
        }
    }
}
