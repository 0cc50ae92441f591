using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>Scores of a gallery. Legend: I images, R texts, d feature width.</summary>
/// <param name="Similarities">ITC, (I, R).</param>
/// <param name="ImageToText">After re-ranking, (I, R).</param>
/// <param name="TextToImage">After re-ranking, (R, I).</param>
/// <param name="ImageFeatures">(I, d).</param>
/// <param name="TextFeatures">(R, d).</param>
public sealed record RetrievalScores(
    torch.Tensor Similarities, torch.Tensor ImageToText, torch.Tensor TextToImage, torch.Tensor ImageFeatures, torch.Tensor TextFeatures);
