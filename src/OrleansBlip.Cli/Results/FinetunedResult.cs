using System.Text.Json.Serialization;

namespace OrleansBlip.Cli.Results;

/// <summary>An arm's scores on the test set after finetuning on clean pairs: retrieval by the filter, captions by the captioner.</summary>
/// <param name="TextRecallAt1">Text retrieval R@1 after ITM re-ranking, 0 to 100.</param>
/// <param name="ImageRecallAt1">Image retrieval R@1 after ITM re-ranking, 0 to 100.</param>
/// <param name="Cider">CIDEr × 100.</param>
/// <param name="AttributeAccuracy">F1 of (colour, shape) pairs in captions, 0 to 1.</param>
internal sealed record FinetunedResult(
    [property: JsonPropertyName("tr1")] double TextRecallAt1, [property: JsonPropertyName("ir1")] double ImageRecallAt1, double Cider, double AttributeAccuracy);
