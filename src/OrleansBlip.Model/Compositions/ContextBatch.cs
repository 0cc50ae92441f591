using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>Texts that stand beside the images of a batch, one each. Legend: B samples, T tokens.</summary>
/// <param name="Tokens">(B, T) int64; what stands at position 0 is replaced by [CLS].</param>
/// <param name="Mask">(B, T) int64, 1 for tokens and 0 for padding.</param>
public sealed record ContextBatch(torch.Tensor Tokens, torch.Tensor Mask);
