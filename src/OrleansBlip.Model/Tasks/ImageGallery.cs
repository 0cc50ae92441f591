using OrleansBlip.Model.Text;
using TorchSharp;

namespace OrleansBlip.Model.Tasks;

/// <summary>
/// Encoded images that many texts will be matched with: their features, and keys and values of every cross-attention layer, projected once. Belongs to
/// the thread and the model that made it. Legend: I images, d feature width.
/// </summary>
public sealed class ImageGallery : IDisposable
{
    internal ImageGallery(ImageMemory memory, torch.Tensor features)
    {
        Memory = memory;
        Features = features;
        foreach (var tensor in memory.Tensors.Append(features)) tensor.DetachFromDisposeScope();
    }

    /// <summary>Normalised features, (I, d).</summary>
    public torch.Tensor Features { get; }

    /// <summary>I.</summary>
    public int Count => (int)Features.shape[0];

    internal ImageMemory Memory { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Memory.Tensors.Append(Features)) tensor.Dispose();
    }
}
