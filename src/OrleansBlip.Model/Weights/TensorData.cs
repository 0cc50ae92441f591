using System.Collections.Immutable;

namespace OrleansBlip.Model.Weights;

/// <summary>A named tensor as plain bytes, without libtorch: little-endian, contiguous, row-major.</summary>
public sealed record TensorData
{
    /// <summary>The tensor's name in its file.</summary>
    public required string Name { get; init; }

    /// <summary>Element type.</summary>
    public required TensorDtype Dtype { get; init; }

    /// <summary>Dimensions; empty for a scalar.</summary>
    public required ImmutableArray<long> Shape { get; init; }

    /// <summary>The elements.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Names <paramref name="elements"/> without copying them; they must stay unchanged while the tensor is in use.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many elements.</exception>
    public static TensorData Of<T>(string name, ReadOnlyMemory<T> elements, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        long count = 1;
        foreach (long side in shape) count *= side;
        if (count != elements.Length)
            throw new ArgumentException(
                $"Tensor '{name}' has {elements.Length} elements, its shape [{string.Join(", ", shape.ToArray())}] holds {count}.", nameof(shape));
        return new TensorData
        {
            Name = name,
            Dtype = TensorDtypes.Of<T>(),
            Shape = [.. shape],
            Bytes = elements.IsEmpty ? ReadOnlyMemory<byte>.Empty : new ByteView<T>(elements).Memory,
        };
    }
}
