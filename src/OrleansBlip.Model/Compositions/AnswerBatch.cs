using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>Answers to the questions of a batch: several to one, none left without (reference data/vqa_dataset.py). Legend: A answers, T tokens.</summary>
/// <param name="Tokens">(A, T) int64, framed as texts are; what stands at position 0 is replaced by [DEC].</param>
/// <param name="Mask">(A, T) int64, 1 for tokens and 0 for padding.</param>
/// <param name="Weights">(A), each answer's share of those that people gave to its question.</param>
/// <param name="Questions">(A) int64, the row of each answer's question.</param>
public sealed record AnswerBatch(torch.Tensor Tokens, torch.Tensor Mask, torch.Tensor Weights, torch.Tensor Questions);
