using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansBlip.Protocol.Wire;

/// <summary>bfloat16: the upper half of a float32.</summary>
public static class BFloat16
{
    /// <summary>Rounds each value to the nearest bfloat16, ties to even. Beyond the largest one lies infinity; NaN stays NaN.</summary>
    public static void Round(Span<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<uint>>(values);
        for (int i = 0; i < vectors.Length; i++)
        {
            var bits = vectors[i];
            var rounded = (bits + new Vector<uint>(0x7FFF) + ((bits >>> 16) & Vector<uint>.One)) & new Vector<uint>(0xFFFF0000);
            var isNumber = Vector.LessThanOrEqual(bits & new Vector<uint>(0x7FFFFFFF), new Vector<uint>(0x7F800000));
            vectors[i] = Vector.ConditionalSelect(isNumber, rounded, new Vector<uint>(0x7FC00000));
        }
        foreach (ref float value in values[(vectors.Length * Vector<uint>.Count)..])
        {
            uint bits = BitConverter.SingleToUInt32Bits(value);
            value = float.IsNaN(value) ? float.NaN : BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
        }
    }

    /// <summary>The upper halves of values that are rounded already.</summary>
    public static void Pack(ReadOnlySpan<float> values, Span<ushort> halves)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        for (int i = 0; i < halves.Length; i++) halves[i] = (ushort)(bits[i] >> 16);
    }

    /// <summary>The reverse of <see cref="Pack"/>.</summary>
    public static void Unpack(ReadOnlySpan<ushort> halves, Span<float> values)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        for (int i = 0; i < halves.Length; i++) bits[i] = (uint)halves[i] << 16;
    }
}
