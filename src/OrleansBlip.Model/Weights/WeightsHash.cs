using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace OrleansBlip.Model.Weights;

/// <summary>
/// <c>weightsSha256</c>, the one identity of trained weights: SHA-256 over each tensor in ordinal order of the names, tied tensors once, online weights
/// and momentum copies. Each tensor enters as: length of the UTF-8 name (int32), name, length of the dtype (int32), dtype, rank (int32), dimensions
/// (int64 each), number of bytes (int64), bytes; all integers little-endian.
/// </summary>
public sealed class WeightsHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private string? _name;
    private long _bytesLeft;

    /// <summary>The hash of a model in flat form.</summary>
    /// <param name="layout">Names and places.</param>
    /// <param name="weights">The flat parameter vector.</param>
    /// <param name="momentum">The momentum vector; empty when the layout has none.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Of<T>(ParameterLayout layout, ReadOnlySpan<T> weights, ReadOnlySpan<T> momentum) where T : unmanaged
    {
        if (weights.Length != layout.ElementCount)
            throw new ArgumentException($"{weights.Length} weights, the layout has {layout.ElementCount}.", nameof(weights));
        if (momentum.Length != layout.MomentumElementCount)
            throw new ArgumentException($"{momentum.Length} momentum elements, the layout has {layout.MomentumElementCount}.", nameof(momentum));
        var places = new SortedDictionary<string, (bool IsMomentum, ParameterEntry Entry)>(StringComparer.Ordinal);
        foreach (var entry in layout.Entries)
        {
            places.Add(entry.Name, (false, entry));
            if (entry.MomentumName is { } momentumName) places.Add(momentumName, (true, entry));
        }
        using var hash = new WeightsHash();
        foreach (var (name, (isMomentum, entry)) in places)
        {
            var elements = isMomentum ? momentum.Slice((int)entry.MomentumOffset, (int)entry.Length) : weights.Slice((int)entry.Offset, (int)entry.Length);
            hash.Start(name, TensorDtypes.Of<T>(), entry.Shape);
            hash.Append(MemoryMarshal.AsBytes(elements));
        }
        return hash.Finish();
    }

    /// <summary>The hash of tensors in any order.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Of(IEnumerable<TensorData> tensors)
    {
        using var hash = new WeightsHash();
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            hash.Start(tensor.Name, tensor.Dtype, tensor.Shape);
            hash.Append(tensor.Bytes.Span);
        }
        return hash.Finish();
    }

    /// <summary>Begins the next tensor; its bytes follow by <see cref="Append"/>.</summary>
    /// <exception cref="InvalidOperationException">The tensor before is incomplete, or the name does not follow it in ordinal order.</exception>
    public void Start(string name, TensorDtype dtype, ImmutableArray<long> shape)
    {
        CheckComplete();
        if (_name is not null && string.CompareOrdinal(_name, name) >= 0)
            throw new InvalidOperationException($"Tensor '{name}' may not follow '{_name}': names go in ordinal order.");
        _name = name;
        _bytesLeft = shape.Aggregate((long)dtype.ElementBytes(), (product, side) => product * side);
        AppendText(name);
        AppendText(dtype.ToString());
        AppendInt32(shape.Length);
        foreach (long side in shape) AppendInt64(side);
        AppendInt64(_bytesLeft);
    }

    /// <summary>Continues the tensor that <see cref="Start"/> began, in pieces of any size.</summary>
    /// <exception cref="InvalidOperationException">More bytes than the tensor has.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _bytesLeft) throw new InvalidOperationException($"Tensor '{_name}' has {_bytesLeft} bytes left, {bytes.Length} were given.");
        _bytesLeft -= bytes.Length;
        _hash.AppendData(bytes);
    }

    /// <summary>Ends the hash.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="InvalidOperationException">The last tensor is incomplete.</exception>
    public string Finish()
    {
        CheckComplete();
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void CheckComplete()
    {
        if (_bytesLeft != 0) throw new InvalidOperationException($"Tensor '{_name}' lacks {_bytesLeft} bytes.");
    }

    private void AppendText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        AppendInt32(bytes.Length);
        _hash.AppendData(bytes);
    }

    private void AppendInt32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        _hash.AppendData(bytes);
    }

    private void AppendInt64(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _hash.AppendData(bytes);
    }
}
