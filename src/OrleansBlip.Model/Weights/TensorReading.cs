using System.Runtime.InteropServices;

namespace OrleansBlip.Model.Weights;

/// <summary>Whole tensors of a source as managed arrays.</summary>
public static class TensorReading
{
    /// <summary>What a source says about a tensor.</summary>
    /// <exception cref="KeyNotFoundException">It has no such tensor.</exception>
    public static TensorDescriptor Describe(this ITensorSource source, string name) =>
        source.Tensors.TryGetValue(name, out var tensor) ? tensor : throw new KeyNotFoundException($"'{source.Path}' has no tensor '{name}'.");

    /// <summary>Reads a whole tensor whose dtype is that of <typeparamref name="T"/>.</summary>
    public static T[] Read<T>(this ITensorSource source, string name) where T : unmanaged
    {
        var tensor = source.Describe(name);
        if (tensor.Dtype != TensorDtypes.Of<T>())
            throw new InvalidOperationException($"Tensor '{name}' of '{source.Path}' holds {tensor.Dtype}, {TensorDtypes.Of<T>()} was asked for.");
        var elements = GC.AllocateUninitializedArray<T>(checked((int)(tensor.ByteCount / tensor.Dtype.ElementBytes())));
        source.ReadBytes(name, 0, MemoryMarshal.AsBytes(elements.AsSpan()));
        return elements;
    }

    /// <summary>Reads a whole tensor of any floating-point dtype as single precision; binary64 is rounded to nearest.</summary>
    public static float[] ReadSingles(this ITensorSource source, string name) => source.Describe(name).Dtype switch
    {
        TensorDtype.F32 => source.Read<float>(name),
        TensorDtype.F64 => Array.ConvertAll(source.Read<double>(name), value => (float)value),
        TensorDtype.F16 => Array.ConvertAll(source.Read<Half>(name), value => (float)value),
        TensorDtype.BF16 => ReadBrain(source, name),
        var dtype => throw new InvalidOperationException($"Tensor '{name}' of '{source.Path}' holds {dtype}, a floating-point dtype was asked for."),
    };

    private static float[] ReadBrain(ITensorSource source, string name)
    {
        var halves = new ushort[source.Describe(name).ByteCount / 2];
        source.ReadBytes(name, 0, MemoryMarshal.AsBytes(halves.AsSpan()));
        return Array.ConvertAll(halves, half => BitConverter.UInt32BitsToSingle((uint)half << 16));
    }
}
