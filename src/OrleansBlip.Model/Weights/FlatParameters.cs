using TorchSharp;

namespace OrleansBlip.Model.Weights;

/// <summary>A model's weights and momentum copies as two flat tensors, in the order of its layout. Models of one layout, on devices that share memory, may read the same.</summary>
public sealed class FlatParameters : IDisposable
{
    /// <summary>All zero.</summary>
    /// <param name="layout">The order.</param>
    /// <param name="dtype">Of all elements.</param>
    /// <param name="device">Where they are; default: CPU.</param>
    public FlatParameters(ParameterLayout layout, torch.ScalarType dtype = torch.ScalarType.Float32, torch.Device? device = null)
    {
        Weights = torch.zeros(layout.ElementCount, dtype, device).DetachFromDisposeScope();
        Momentum = torch.zeros(layout.MomentumElementCount, dtype, device).DetachFromDisposeScope();
    }

    /// <summary>All trained tensors, (P).</summary>
    public torch.Tensor Weights { get; }

    /// <summary>All momentum copies, (M).</summary>
    public torch.Tensor Momentum { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weights.Dispose();
        Momentum.Dispose();
    }
}
