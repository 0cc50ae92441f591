namespace OrleansBlip.Model.Weights;

/// <summary>How far the reading or the writing of a model's tensors is.</summary>
/// <param name="IsWriting">Whether they are written; read otherwise.</param>
/// <param name="Done">Tensors done, 0 to <paramref name="Count"/>.</param>
/// <param name="Count">Tensors in all.</param>
public readonly record struct TensorProgress(bool IsWriting, int Done, int Count);
