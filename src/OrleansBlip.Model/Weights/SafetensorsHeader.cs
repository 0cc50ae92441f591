using System.Text.Json;

namespace OrleansBlip.Model.Weights;

/// <summary>
/// The JSON header of a safetensors file: name → dtype, shape and byte range, and string metadata. Parsing trusts nothing: the ranges must tile the
/// data part exactly, so no byte of a file is hidden and none is read twice.
/// </summary>
internal sealed class SafetensorsHeader
{
    public const int BytesMax = 8 << 20;

    private const string MetadataKey = "__metadata__";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8 };

    private readonly string _path;

    private SafetensorsHeader(string path) => _path = path;

    public Dictionary<string, TensorDescriptor> Tensors { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads a header that describes <paramref name="dataBytes"/> bytes of data.</summary>
    public static SafetensorsHeader Parse(string path, ReadOnlyMemory<byte> json, long dataBytes)
    {
        var header = new SafetensorsHeader(path);
        if (json.IsEmpty || json.Span[0] != (byte)'{') throw header.Error(SafetensorsFault.HeaderMalformed, "the header does not start with '{'.");
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            header.ReadRoot(document.RootElement);
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException or FormatException)
        {
            // Lone surrogates and the like surface as InvalidOperationException when a string is taken.
            throw new SafetensorsException(path, SafetensorsFault.HeaderMalformed, $"the header cannot be read ({cause.Message}).", cause);
        }
        header.CheckTiling(dataBytes);
        return header;
    }

    /// <summary>Lays <paramref name="tensors"/> out in the given order; padded with spaces so that the data starts on a multiple of 8.</summary>
    public static byte[] Format(IReadOnlyList<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
                writer.WriteEndObject();
            }
            long offset = 0;
            foreach (var tensor in tensors)
            {
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", tensor.Dtype.ToString());
                WriteNumbers(writer, "shape", tensor.Shape.AsSpan());
                WriteNumbers(writer, "data_offsets", [offset, offset + tensor.Bytes.Length]);
                writer.WriteEndObject();
                offset += tensor.Bytes.Length;
            }
            writer.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, ReadOnlySpan<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (long number in numbers) writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    private void ReadRoot(JsonElement root)
    {
        bool hasMetadata = false;
        foreach (var property in root.EnumerateObject())
        {
            if (property.NameEquals(MetadataKey))
            {
                if (hasMetadata) throw Error(SafetensorsFault.DuplicateKey, $"'{MetadataKey}' occurs twice.");
                hasMetadata = true;
                foreach (var entry in property.Value.EnumerateObject())
                {
                    if (!Metadata.TryAdd(entry.Name, entry.Value.GetString() ?? ""))
                        throw Error(SafetensorsFault.DuplicateKey, $"metadata '{entry.Name}' occurs twice.");
                }
            }
            else if (!Tensors.TryAdd(property.Name, ReadTensor(property.Name, property.Value)))
            {
                throw Error(SafetensorsFault.DuplicateKey, $"tensor '{property.Name}' occurs twice.");
            }
        }
    }

    private TensorDescriptor ReadTensor(string name, JsonElement element)
    {
        string? dtypeName = null;
        long[]? shape = null, offsets = null;
        foreach (var property in element.EnumerateObject())
        {
            bool repeated = property.Name switch
            {
                "dtype" => Exchange(ref dtypeName, property.Value.GetString()) is not null,
                "shape" => Exchange(ref shape, ReadNumbers(name, property)) is not null,
                "data_offsets" => Exchange(ref offsets, ReadNumbers(name, property)) is not null,
                _ => throw Error(SafetensorsFault.HeaderMalformed, $"tensor '{name}' has an unknown property '{property.Name}'."),
            };
            if (repeated) throw Error(SafetensorsFault.DuplicateKey, $"'{property.Name}' occurs twice in tensor '{name}'.");
        }
        if (dtypeName is null || shape is null || offsets is not { Length: 2 })
            throw Error(SafetensorsFault.HeaderMalformed, $"tensor '{name}' needs dtype, shape and two data_offsets.");
        // Enum.TryParse alone would take numbers and lists of names.
        if (!Enum.TryParse(dtypeName, out TensorDtype dtype) || dtype.ToString() != dtypeName)
            throw Error(
                SafetensorsFault.UnknownDtype, $"tensor '{name}' has dtype '{dtypeName}'; known are {string.Join(", ", Enum.GetNames<TensorDtype>())}.");
        long bytes = offsets[1] - offsets[0];
        if (offsets[0] > offsets[1] || bytes != ByteCount(name, dtype, shape))
            throw Error(
                SafetensorsFault.BadOffsets, $"tensor '{name}' of {dtypeName} [{string.Join(", ", shape)}] cannot lie at bytes {offsets[0]} to {offsets[1]}.");
        return new TensorDescriptor(dtype, [.. shape], offsets[0], bytes);
    }

    private static T? Exchange<T>(ref T? place, T? value) where T : class
    {
        var before = place;
        place = value;
        return before;
    }

    private long[] ReadNumbers(string name, JsonProperty property)
    {
        var numbers = new long[property.Value.GetArrayLength()];
        int count = 0;
        foreach (var item in property.Value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out long number) || number < 0)
                throw Error(
                    SafetensorsFault.BadOffsets, $"'{property.Name}' of tensor '{name}' holds {item.GetRawText()}, which is not a whole number from 0.");
            numbers[count++] = number;
        }
        return numbers;
    }

    private long ByteCount(string name, TensorDtype dtype, long[] shape)
    {
        try
        {
            long count = dtype.ElementBytes();
            foreach (long side in shape) count = checked(count * side);
            return count;
        }
        catch (OverflowException cause)
        {
            throw new SafetensorsException(_path, SafetensorsFault.BadOffsets, $"the shape of tensor '{name}' overflows.", cause);
        }
    }

    private void CheckTiling(long dataBytes)
    {
        long end = 0;
        foreach (var (name, tensor) in Tensors.OrderBy(pair => pair.Value.FirstByte).ThenBy(pair => pair.Value.ByteCount))
        {
            if (tensor.FirstByte < end) throw Error(SafetensorsFault.Overlap, $"tensor '{name}' starts at byte {tensor.FirstByte}, inside the one before it.");
            if (tensor.FirstByte > end) throw Error(SafetensorsFault.Gap, $"bytes {end} to {tensor.FirstByte} before tensor '{name}' belong to no tensor.");
            end += tensor.ByteCount;
        }
        if (end > dataBytes) throw Error(SafetensorsFault.Truncated, $"the header describes {end} bytes of data, the file has {dataBytes}.");
        if (end < dataBytes) throw Error(SafetensorsFault.TrailingBytes, $"{dataBytes - end} bytes follow the last tensor.");
    }

    private SafetensorsException Error(SafetensorsFault fault, string what) => new(_path, fault, what);
}
