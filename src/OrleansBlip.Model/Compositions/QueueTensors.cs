using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>The queue of ITC as tensors. Legend: d feature width, K entries.</summary>
/// <param name="Images">(d, K).</param>
/// <param name="Texts">(d, K).</param>
/// <param name="ImageIds">(K) int64; -100 where there is none.</param>
public sealed record QueueTensors(torch.Tensor Images, torch.Tensor Texts, torch.Tensor ImageIds);
