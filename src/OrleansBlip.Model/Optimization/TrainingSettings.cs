using OrleansBlip.Model.Compositions;

namespace OrleansBlip.Model.Optimization;

/// <summary>All of a run's schedules: what a run's specification carries beside model and data.</summary>
public sealed record TrainingSettings
{
    /// <summary>How gradients become weights.</summary>
    public OptimizerSettings Optimizer { get; init; } = new();

    /// <summary>Weight α of the momentum model's soft targets by step. BLIP ramps it to 0.4 over the first two epochs.</summary>
    public ScheduleSpec Alpha { get; init; } = ScheduleSpec.Constant(0.4);

    /// <summary>Reads the canonical form, or any JSON of these members.</summary>
    /// <exception cref="System.Text.Json.JsonException">A member is unknown or of the wrong kind.</exception>
    public static TrainingSettings FromJson(string json) => SpecJson.Read<TrainingSettings>(json);

    /// <summary>The canonical form: every member, in one order, without white space.</summary>
    public string ToJson() => SpecJson.Write(this);
}
