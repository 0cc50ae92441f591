using System.Buffers;
using System.Runtime.InteropServices;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace OrleansBlip.Protocol.Wire;

/// <summary>Writes a <see cref="FloatBlock"/> as its length in elements and its raw little-endian bytes: the generic codec would frame each element.</summary>
[RegisterSerializer]
internal sealed class FloatBlockCodec : IFieldCodec<FloatBlock>
{
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, FloatBlock value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (value.Length > FloatBlock.LengthMax) throw new SerializerException($"A float block of {value.Length} elements exceeds {FloatBlock.LengthMax}. Use more shards.");
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(FloatBlock), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)(value.Length * sizeof(float)));
        writer.Write(MemoryMarshal.AsBytes(value.Span));
    }

    public FloatBlock ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        ReferenceCodec.MarkValueField(reader.Session);
        field.EnsureWireType(WireType.LengthPrefixed);
        uint bytes = reader.ReadVarUInt32();
        if (bytes % sizeof(float) != 0 || bytes / sizeof(float) > FloatBlock.LengthMax)
            throw new SerializerException($"A float block of {bytes} bytes is no multiple of 4 or exceeds {FloatBlock.LengthMax} elements.");
        float[] values = GC.AllocateUninitializedArray<float>((int)(bytes / sizeof(float)));
        reader.ReadBytes(MemoryMarshal.AsBytes(values.AsSpan()));
        return new(values);
    }
}

/// <summary>Within a silo a block is handed over as it is.</summary>
[RegisterCopier]
internal sealed class FloatBlockCopier : ShallowCopier<FloatBlock>;
