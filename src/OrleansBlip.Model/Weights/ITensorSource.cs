namespace OrleansBlip.Model.Weights;

/// <summary>Named tensors in a file, described before they are read.</summary>
public interface ITensorSource : IDisposable
{
    /// <summary>Where the file lies.</summary>
    string Path { get; }

    /// <summary>The tensors by name.</summary>
    IReadOnlyDictionary<string, TensorDescriptor> Tensors { get; }

    /// <summary>Reads bytes of a tensor, row-major and little-endian, from <paramref name="firstByte"/> of the tensor on, until <paramref name="destination"/> is full.</summary>
    void ReadBytes(string name, long firstByte, Span<byte> destination);
}
