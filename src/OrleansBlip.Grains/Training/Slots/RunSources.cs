using System.Collections.Immutable;
using System.Text.Json;
using OrleansBlip.Data;
using OrleansBlip.Data.Sources;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>Where a node finds what a run's specification names by digest. Paths must reach the same content from every node.</summary>
public sealed record RunSources
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    /// <summary>Data sets, trained on as one in this order: folders or patterns of shards, JSON lists or dialogues, folders of pictures.</summary>
    public required ImmutableArray<string> Data { get; init; }

    /// <summary>The vocabulary's file.</summary>
    public required string Vocabulary { get; init; }

    /// <summary>A model folder whose tensors the run starts from, by name; null to start from the seed.</summary>
    public string? InitialModel { get; init; }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="RunRefusedException">It is not of that form.</exception>
    public static RunSources FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<RunSources>(json, Json) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new RunRefusedException($"The run's sources are not {{\"data\": […], \"vocabulary\": …}}: {error.Message}");
        }
    }

    /// <summary>Opens the data sets as one; their manifests' hashes are believed.</summary>
    /// <exception cref="DatasetException">One of them cannot be opened.</exception>
    public PairSource Open()
    {
        var options = new PairSourceOptions { VerifyHashes = false };
        var parts = Data.Select(path => PairSources.Open(path, options)).ToArray();
        return parts.Length == 1 ? parts[0] : new ConcatenatedSource(parts);
    }

    /// <summary>The JSON that a request carries.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
