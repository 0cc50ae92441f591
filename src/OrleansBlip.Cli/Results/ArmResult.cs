using System.Text.Json.Serialization;

namespace OrleansBlip.Cli.Results;

/// <summary>One arm's scores on the test set.</summary>
/// <param name="Name">The arm.</param>
/// <param name="TextRecallAt1">Text retrieval R@1 after ITM re-ranking, 0 to 100.</param>
/// <param name="ImageRecallAt1">Image retrieval R@1 after ITM re-ranking, 0 to 100.</param>
/// <param name="Cider">CIDEr × 100.</param>
/// <param name="AttributeAccuracy">F1 of (colour, shape) pairs in captions, 0 to 1.</param>
/// <param name="WeightsSha256">The canonical hash of the trained weights, in lower-case hex.</param>
/// <param name="Finetuned">Scores after finetuning on clean pairs; absent where none was asked for.</param>
internal sealed record ArmResult(
    string Name,
    [property: JsonPropertyName("tr1")] double TextRecallAt1,
    [property: JsonPropertyName("ir1")] double ImageRecallAt1,
    double Cider,
    double AttributeAccuracy,
    string WeightsSha256,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FinetunedResult? Finetuned);
