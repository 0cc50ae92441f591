using System.Buffers;
using System.Runtime.InteropServices;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Wire;

/// <summary>Writes a <see cref="FloatBlock"/> as its length in bytes, one byte for its precision and its raw little-endian bytes: the generic codec would frame each element.</summary>
[RegisterSerializer]
internal sealed class FloatBlockCodec : IFieldCodec<FloatBlock>
{
    private const int HalvesAtOnce = 2048;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, FloatBlock value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (value.Length > FloatBlock.LengthMax) throw new SerializerException($"A float block of {value.Length} elements exceeds {FloatBlock.LengthMax}. Use more shards.");
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(FloatBlock), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)(1 + value.Length * ElementBytes(value.Precision)));
        writer.WriteByte((byte)value.Precision);
        if (value.Precision == GradientPrecision.Float32)
        {
            writer.Write(MemoryMarshal.AsBytes(value.Span));
            return;
        }
        Span<ushort> halves = stackalloc ushort[HalvesAtOnce];
        for (int start = 0; start < value.Length; start += HalvesAtOnce)
        {
            var part = halves[..Math.Min(HalvesAtOnce, value.Length - start)];
            BFloat16.Pack(value.Span.Slice(start, part.Length), part);
            writer.Write(MemoryMarshal.AsBytes(part));
        }
    }

    public FloatBlock ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        ReferenceCodec.MarkValueField(reader.Session);
        field.EnsureWireType(WireType.LengthPrefixed);
        uint bytes = reader.ReadVarUInt32();
        if (bytes == 0) throw new SerializerException("A float block does not name its precision.");
        var precision = (GradientPrecision)reader.ReadByte();
        if (!Enum.IsDefined(precision)) throw new SerializerException($"A float block has precision {(int)precision}, which this version does not know.");
        var (length, rest) = Math.DivRem(bytes - 1, (uint)ElementBytes(precision));
        if (rest != 0 || length > FloatBlock.LengthMax)
            throw new SerializerException($"A float block of {bytes - 1} bytes is no multiple of {ElementBytes(precision)} or exceeds {FloatBlock.LengthMax} elements.");
        float[] values = GC.AllocateUninitializedArray<float>((int)length);
        if (precision == GradientPrecision.Float32) reader.ReadBytes(MemoryMarshal.AsBytes(values.AsSpan()));
        else ReadHalves(ref reader, values);
        return new(values, precision);
    }

    private static void ReadHalves<TInput>(ref Reader<TInput> reader, Span<float> values)
    {
        Span<ushort> halves = stackalloc ushort[HalvesAtOnce];
        for (int start = 0; start < values.Length; start += HalvesAtOnce)
        {
            var part = halves[..Math.Min(HalvesAtOnce, values.Length - start)];
            reader.ReadBytes(MemoryMarshal.AsBytes(part));
            BFloat16.Unpack(part, values[start..]);
        }
    }

    private static int ElementBytes(GradientPrecision precision) => precision == GradientPrecision.BFloat16 ? sizeof(ushort) : sizeof(float);
}

/// <summary>Within a silo a block is handed over as it is.</summary>
[RegisterCopier]
internal sealed class FloatBlockCopier : ShallowCopier<FloatBlock>;
