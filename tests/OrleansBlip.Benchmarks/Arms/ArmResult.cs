using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansBlip.Data.Durability;
using OrleansBlip.Grains.Evaluation;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Benchmarks.Arms;

/// <summary>What an arm came to with one seed: a file of its own, so that a measurement can be gone on with.</summary>
internal sealed record ArmResult
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The arm's name.</summary>
    public required string Arm { get; init; }

    /// <summary>The seed of weights and order.</summary>
    public required long Seed { get; init; }

    /// <summary>The pre-training's specification, canonical JSON.</summary>
    public required string RunSpec { get; init; }

    /// <summary>The pre-trained model's scores.</summary>
    public required EvaluationReport Pretrained { get; init; }

    /// <summary>The retrieval of the filter that was finetuned from it on clean.</summary>
    public required EvaluationReport FinetunedFilter { get; init; }

    /// <summary>The captions of the captioner that was finetuned from it on clean.</summary>
    public required EvaluationReport FinetunedCaptioner { get; init; }

    /// <summary>The specification.</summary>
    [JsonIgnore] public RunSpec Spec => Protocol.Runs.RunSpec.FromJson(RunSpec);

    /// <summary>Reads a result; null when there is none yet.</summary>
    public static ArmResult? Read(string path) => File.Exists(path) ? JsonSerializer.Deserialize<ArmResult>(File.ReadAllBytes(path), Json) : null;

    /// <summary>Writes it durably.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        DurableFile.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(this, Json));
    }
}
