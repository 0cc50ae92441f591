namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>A flat array of elements in a file of its own within the checkpoint.</summary>
/// <param name="Dtype">Element type.</param>
/// <param name="Key">Its file below <c>data/</c>.</param>
/// <param name="Length">Elements.</param>
internal sealed record PickledStorage(TensorDtype Dtype, string Key, long Length);
