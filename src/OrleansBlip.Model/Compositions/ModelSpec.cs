using OrleansBlip.Model.Text;
using OrleansBlip.Model.Vision;

namespace OrleansBlip.Model.Compositions;

/// <summary>Sizes of a BLIP model and its family: all that <see cref="Families"/> needs to compose it. Defaults are BLIP-base.</summary>
public sealed record ModelSpec
{
    /// <summary>One of <see cref="Families"/>: <c>pretraining</c>, <c>captioner</c>, <c>filter</c>, <c>vqa</c>, <c>nlvr</c>, <c>visdial</c>.</summary>
    public string Family { get; init; } = "pretraining";

    /// <summary>The image encoder.</summary>
    public VisionSpec Vision { get; init; } = new();

    /// <summary>The text transformer.</summary>
    public TextSpec Text { get; init; } = new();

    /// <summary>Width of the features that ITC compares.</summary>
    public int FeatureWidth { get; init; } = 256;

    /// <summary>Entries of the queue of momentum features; 0 for none.</summary>
    public int QueueSize { get; init; } = 57600;

    /// <summary>What text encoder and decoder share (BLIP Table 3).</summary>
    public SharedLayers Sharing { get; init; } = SharedLayers.AllButSelfAttention;

    /// <summary>Tokens of the captioner's prompt, [DEC] included; 1 for none.</summary>
    public int PromptLength { get; init; } = 1;

    /// <summary>Share of the LM target spread over the vocabulary, 0–1.</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>ITC's temperature at the start, 0.001–0.5; it is learned.</summary>
    public double InitialTemperature { get; init; } = 0.07;

    /// <summary>Standard deviation of the projections' initial weights; null: the framework's default, as the reference.</summary>
    public double? ProjectionStandardDeviation { get; init; }

    /// <summary>Reads the canonical form, or any JSON of these members.</summary>
    /// <exception cref="System.Text.Json.JsonException">A member is unknown or of the wrong kind.</exception>
    public static ModelSpec FromJson(string json) => SpecJson.Read<ModelSpec>(json);

    /// <summary>The canonical form: every member, in one order, without white space.</summary>
    public string ToJson() => SpecJson.Write(this);
}
