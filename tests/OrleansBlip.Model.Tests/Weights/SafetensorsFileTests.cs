using System.Buffers.Binary;
using System.Text;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Weights;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_AllDtypes_ReadsBack()
    {
        string path = _folder["all.safetensors"];
        Write(
            path,
            [
                TensorData.Of<float>("f32", new[] { 1f, -2f, float.NaN }, 3),
                TensorData.Of<double>("f64", new[] { Math.PI }, []),
                TensorData.Of<Half>("f16", new[] { (Half)0.5f, (Half)(-65504f) }, 1, 2),
                new TensorData { Name = "bf16", Dtype = TensorDtype.BF16, Shape = [2], Bytes = new byte[] { 0x80, 0x3f, 0x49, 0x40 } },
                TensorData.Of<long>("i64", new[] { long.MinValue, 7 }, 2, 1),
                TensorData.Of<int>("i32", new[] { -3 }, 1),
                TensorData.Of<byte>("u8", new byte[] { 255 }, 1),
                TensorData.Of<bool>("bool", new[] { true, false }, 2),
                TensorData.Of<float>("empty", Array.Empty<float>(), 0, 4),
            ],
            new Dictionary<string, string> { ["format"] = "pt" });

        using var file = SafetensorsFile.Open(path);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([1f, -2f, float.NaN], file.Read<float>("f32"));
        Assert.Equal(Math.PI, Assert.Single(file.Read<double>("f64")));
        Assert.Empty(file.Tensors["f64"].Shape);
        Assert.Equal([0.5f, -65504f], file.ReadSingles("f16"));
        Assert.Equal([1f, 3.140625f], file.ReadSingles("bf16"));
        Assert.Equal([long.MinValue, 7], file.Read<long>("i64"));
        Assert.Equal([-3], file.Read<int>("i32"));
        Assert.Equal([(byte)255], file.Read<byte>("u8"));
        Assert.Equal([true, false], file.Read<bool>("bool"));
        Assert.Empty(file.Read<float>("empty"));
        Assert.Equal([0L, 4L], file.Tensors["empty"].Shape.ToArray());
    }

    [Fact]
    public void Write_AnyOrder_GivesSameBytes()
    {
        var a = TensorData.Of<float>("a", new[] { 1f }, 1);
        var b = TensorData.Of<float>("B", new[] { 2f }, 1);
        Write(_folder["1"], [a, b]);
        Write(_folder["2"], [b, a]);
        Assert.Equal(File.ReadAllBytes(_folder["1"]), File.ReadAllBytes(_folder["2"]));
    }

    [Fact]
    public void Write_NameTwiceOrWrongLength_Throws()
    {
        var tensor = TensorData.Of<float>("a", new[] { 2f }, 1);
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(Stream.Null, [tensor, tensor]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(Stream.Null, [tensor with { Shape = [2] }]));
        Assert.Throws<ArgumentException>(() => TensorData.Of<float>("a", new[] { 2f }, 2));
    }

    [Fact]
    public void ReadBytes_PartOfTensor_ReadsThatPart()
    {
        Write(_folder["x"], [TensorData.Of<byte>("a", new byte[] { 9, 9 }, 2), TensorData.Of<byte>("b", new byte[] { 1, 2, 3, 4 }, 4)]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        var part = new byte[2];
        file.ReadBytes("b", 1, part);
        Assert.Equal([(byte)2, (byte)3], part);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadBytes("b", 3, part));
        Assert.Throws<InvalidOperationException>(() => file.Read<float>("b"));
        Assert.Throws<KeyNotFoundException>(() => file.Read<byte>("c"));
    }

    [Theory]
    [InlineData("", 0, SafetensorsFault.HeaderMalformed)]
    [InlineData("[]", 0, SafetensorsFault.HeaderMalformed)]
    [InlineData("{", 0, SafetensorsFault.HeaderMalformed)]
    [InlineData("""{"a":1}""", 0, SafetensorsFault.HeaderMalformed)]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, SafetensorsFault.HeaderMalformed)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}""", 1, SafetensorsFault.HeaderMalformed)]
    [InlineData("""{"a\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, SafetensorsFault.HeaderMalformed)]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, SafetensorsFault.HeaderMalformed)]
    [InlineData("""{"a":{"dtype":"U8","shape":[NaN],"data_offsets":[0,1]}}""", 1, SafetensorsFault.HeaderMalformed)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}""", 1,
        SafetensorsFault.DuplicateKey)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}""", 1, SafetensorsFault.DuplicateKey)]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", 0, SafetensorsFault.DuplicateKey)]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, SafetensorsFault.DuplicateKey)]
    [InlineData("""{"a":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}""", 1, SafetensorsFault.UnknownDtype)]
    [InlineData("""{"a":{"dtype":"6","shape":[1],"data_offsets":[0,1]}}""", 1, SafetensorsFault.UnknownDtype)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}""", 1, SafetensorsFault.BadOffsets)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0.5,1.5]}}""", 1, SafetensorsFault.BadOffsets)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}}""", 2, SafetensorsFault.BadOffsets)]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, SafetensorsFault.BadOffsets)]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, SafetensorsFault.BadOffsets)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, SafetensorsFault.Gap)]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, SafetensorsFault.Overlap)]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, SafetensorsFault.Truncated)]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 3, SafetensorsFault.TrailingBytes)]
    public void Open_HostileHeader_NamesFault(string json, int dataBytes, SafetensorsFault expected)
    {
        var header = Encoding.UTF8.GetBytes(json);
        WriteRaw(header.Length, header, dataBytes);
        var refusal = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["raw"]));
        Assert.Equal(expected, refusal.Fault);
        Assert.Contains(_folder["raw"], refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((8L << 20) + 1, SafetensorsFault.HeaderTooLong)]
    [InlineData(-1L, SafetensorsFault.HeaderTooLong)]
    [InlineData(100L, SafetensorsFault.Truncated)]
    public void Open_WrongHeaderLength_NamesFault(long length, SafetensorsFault expected)
    {
        WriteRaw(length, "{}"u8.ToArray(), 0);
        Assert.Equal(expected, Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["raw"])).Fault);
    }

    [Fact]
    public void Open_CutAnywhere_IsRefused()
    {
        Write(_folder["x"], [TensorData.Of<float>("a", new[] { 1f, 2f }, 2), TensorData.Of<float>("b", new[] { 3f }, 1)]);
        var whole = File.ReadAllBytes(_folder["x"]);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(_folder["cut"], whole.AsSpan(0, length));
            Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder["cut"]));
        }
    }

    private static void Write(string path, TensorData[] tensors, Dictionary<string, string>? metadata = null)
    {
        using var stream = File.Create(path);
        SafetensorsFile.Write(stream, tensors, metadata);
    }

    private void WriteRaw(long headerLength, byte[] header, int dataBytes)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, headerLength);
        File.WriteAllBytes(_folder["raw"], [.. prefix, .. header, .. new byte[dataBytes]]);
    }
}
