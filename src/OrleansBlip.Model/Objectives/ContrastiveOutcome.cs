using TorchSharp;

namespace OrleansBlip.Model.Objectives;

/// <summary>What ITC computed, for the objectives that draw hard negatives from it and for the queue. Legend: B samples, K queue entries, d feature width.</summary>
/// <param name="Image">Features of images, (B, d).</param>
/// <param name="Text">Features of texts, (B, d).</param>
/// <param name="ImageMomentum">Momentum features of images, (B, d); what enters the queue.</param>
/// <param name="TextMomentum">Momentum features of texts, (B, d).</param>
/// <param name="ImageToText">Similarities over temperature, (B, B + K).</param>
/// <param name="TextToImage">Similarities over temperature, (B, B + K).</param>
/// <param name="ImageTargets">Soft targets of image-to-text, (B, B + K).</param>
/// <param name="TextTargets">Soft targets of text-to-image, (B, B + K).</param>
/// <param name="Temperature">Scalar.</param>
public sealed record ContrastiveOutcome(
    torch.Tensor Image,
    torch.Tensor Text,
    torch.Tensor ImageMomentum,
    torch.Tensor TextMomentum,
    torch.Tensor ImageToText,
    torch.Tensor TextToImage,
    torch.Tensor ImageTargets,
    torch.Tensor TextTargets,
    torch.Tensor Temperature);
