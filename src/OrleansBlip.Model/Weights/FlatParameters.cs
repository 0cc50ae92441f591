using System.Runtime.InteropServices;
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
        : this(torch.zeros(layout.ElementCount, dtype, device), torch.zeros(layout.MomentumElementCount, dtype, device))
    {
    }

    private FlatParameters(torch.Tensor weights, torch.Tensor momentum)
    {
        Weights = weights.DetachFromDisposeScope();
        Momentum = momentum.DetachFromDisposeScope();
    }

    /// <summary>All trained tensors, (P).</summary>
    public torch.Tensor Weights { get; }

    /// <summary>All momentum copies, (M).</summary>
    public torch.Tensor Momentum { get; }

    /// <summary>Values that stay where they are, float32 on the CPU: what is written there is what models read.</summary>
    /// <exception cref="ArgumentException">They are not of <see cref="AlignedMemory"/>.</exception>
    public static FlatParameters Over(ReadOnlyMemory<float> weights, ReadOnlyMemory<float> momentum)
    {
        using var scope = torch.NewDisposeScope();
        return new FlatParameters(View(weights), View(momentum));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weights.Dispose();
        Momentum.Dispose();
    }

    private static torch.Tensor View(ReadOnlyMemory<float> values)
    {
        if (values.IsEmpty) return torch.zeros(0);
        if (!MemoryMarshal.TryGetArray(values, out var segment) || !AlignedMemory.IsAligned(values.Span))
            throw new ArgumentException($"{values.Length} values do not begin at a multiple of {AlignedMemory.AlignmentBytes} bytes in an array.", nameof(values));
        return torch.frombuffer(segment.Array!, torch.ScalarType.Float32).narrow(0, segment.Offset, segment.Count);
    }
}
