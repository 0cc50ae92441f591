using System.Text.Json.Serialization;

namespace OrleansBlip.Cli.Results;

/// <summary>What a model makes of a picture or a video.</summary>
/// <param name="Image">The file, or a video's folder of frames.</param>
internal sealed record ImageResult(string Image)
{
    /// <summary>A caption or an answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; init; }

    /// <summary>Its log-probability, summed over tokens.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LogProbability { get; init; }

    /// <summary>Probability that the text matches, 0–1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Match { get; init; }

    /// <summary>Cosine of the features, −1 to 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Similarity { get; init; }

    /// <summary>The feature's values.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float[]? Feature { get; init; }

    /// <summary>The likeliest class.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Class { get; init; }

    /// <summary>The probability of each class, 0–1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Classes { get; init; }

    /// <summary>Answers to choose among, the likeliest first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RankedAnswer>? Ranking { get; init; }

    /// <summary>Why it was left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }
}
