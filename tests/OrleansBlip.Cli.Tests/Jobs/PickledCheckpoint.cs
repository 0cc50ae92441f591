using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary>Writes float tensors as <c>torch.save({"model": …, "epoch": 19}, path)</c> does: a zip of a pickle and of a file for each storage.</summary>
internal static class PickledCheckpoint
{
    private const byte BinaryInteger = (byte)'J', Mark = (byte)'(', Tuple = (byte)'t', Reduce = (byte)'R', EmptyTuple = (byte)')', EmptyDictionary = (byte)'}', SetItems = (byte)'u', ById = (byte)'Q', False = 0x89;

    public static void Write(string path, IEnumerable<(string Name, float[] Values, long[] Shape)> tensors)
    {
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2, EmptyDictionary, Mark]);
        Text(pickle, "model");
        pickle.Write([EmptyDictionary, Mark]);
        foreach (var (number, (name, values, shape)) in tensors.Index())
        {
            Text(pickle, name);
            Tensor(pickle, number, values.Length, shape);
            Put(zip, $"archive/data/{number}", MemoryMarshal.AsBytes(values.AsSpan()));
        }
        pickle.WriteByte(SetItems);
        Text(pickle, "epoch");
        Integer(pickle, 19);
        pickle.Write([SetItems, (byte)'.']);
        Put(zip, "archive/data.pkl", pickle.ToArray());
        Put(zip, "archive/version", "3\n"u8);
    }

    // _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks).
    private static void Tensor(MemoryStream pickle, int storage, int count, long[] shape)
    {
        pickle.Write("ctorch._utils\n_rebuild_tensor_v2\n"u8);
        pickle.Write([Mark, Mark]);
        Text(pickle, "storage");
        pickle.Write("ctorch\nFloatStorage\n"u8);
        Text(pickle, $"{storage}");
        Text(pickle, "cpu");
        Integer(pickle, count);
        pickle.Write([Tuple, ById]);
        Integer(pickle, 0);
        Integers(pickle, shape);
        Integers(pickle, [.. shape.Select((_, axis) => shape[(axis + 1)..].Aggregate(1L, (product, side) => product * side))]);
        pickle.WriteByte(False);
        pickle.Write("ccollections\nOrderedDict\n"u8);
        pickle.Write([EmptyTuple, Reduce, Tuple, Reduce]);
    }

    private static void Integers(MemoryStream pickle, long[] values)
    {
        pickle.WriteByte(Mark);
        foreach (var value in values) Integer(pickle, (int)value);
        pickle.WriteByte(Tuple);
    }

    private static void Integer(MemoryStream pickle, int value) => WithNumber(pickle, BinaryInteger, value);

    private static void Text(MemoryStream pickle, string text)
    {
        WithNumber(pickle, (byte)'X', Encoding.UTF8.GetByteCount(text));
        pickle.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void WithNumber(MemoryStream pickle, byte code, int number)
    {
        Span<byte> bytes = stackalloc byte[5];
        bytes[0] = code;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], number);
        pickle.Write(bytes);
    }

    private static void Put(ZipArchive zip, string name, ReadOnlySpan<byte> bytes)
    {
        using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        stream.Write(bytes);
    }
}
