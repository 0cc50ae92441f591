using System.Text.Json.Serialization;

namespace OrleansBlip.Cli.Results;

/// <summary>Some steps of a training, as a job's log keeps them.</summary>
internal sealed record TrainingRecord
{
    /// <summary>What was trained.</summary>
    public required string Phase { get; init; }

    /// <summary>Seconds since the job began.</summary>
    public required double Elapsed { get; init; }

    /// <summary>Samples a second, as they were then; 0 where that is not known yet.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>For each step the samples so far, its own included.</summary>
    public required long[] Samples { get; init; }

    /// <summary>For each loss its values, one a step.</summary>
    public required Dictionary<string, double[]> Losses { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingRecord))]
internal sealed partial class TrainingRecordJson : JsonSerializerContext;
