using System.Text.Json;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Weights;

/// <summary>A folder of weights in shards is one source.</summary>
public sealed class TensorFilesTests : IDisposable
{
    private const string First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";

    private readonly TemporaryFolder _folder = new();

    public TensorFilesTests()
    {
        WriteShard(First, ("visual_encoder.norm.bias", [1, 2, 3]), ("temp", [0.5f]));
        WriteShard(Second, ("text_proj.weight", [4, 5, 6, 7]));
        WriteIndex(First, Second);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_FolderOfShards_HoldsTheTensorsOfAll()
    {
        using var weights = TensorFiles.Open(_folder.Path);
        Assert.IsType<JoinedTensors>(weights);
        Assert.Equal(_folder.Path, weights.Path);
        Assert.Equal(["temp", "text_proj.weight", "visual_encoder.norm.bias"], weights.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([1, 2, 3], weights.Read<float>("visual_encoder.norm.bias"));
        Assert.Equal([4, 5, 6, 7], weights.Read<float>("text_proj.weight"));
        var part = new byte[8];
        weights.ReadBytes("text_proj.weight", 4, part);
        Assert.Equal((5f, 6f), (BitConverter.ToSingle(part, 0), BitConverter.ToSingle(part, 4)));
    }

    [Fact]
    public void Open_FolderOfShardsOfHuggingFace_HasTheOriginalsNames()
    {
        WriteShard(First, ("vision_model.post_layernorm.bias", [1, 2, 3]), ("temp", [0.5f]));
        using var weights = TensorFiles.Open(_folder.Path);
        Assert.Equal([1, 2, 3], weights.Read<float>("visual_encoder.norm.bias"));
        Assert.Equal([4, 5, 6, 7], weights.Read<float>("text_proj.weight"));
    }

    [Fact]
    public void Open_AShardMissing_NamesIt()
    {
        File.Delete(_folder[Second]);
        Assert.Contains(_folder[Second], Assert.Throws<FileNotFoundException>(() => TensorFiles.Open(_folder.Path)).Message, StringComparison.Ordinal);
        // What was open is closed again: the other shard can be replaced.
        using var first = File.Open(_folder[First], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.True(first.CanWrite);
    }

    [Fact]
    public void Open_OneTensorInTwoShards_NamesItAndBoth()
    {
        WriteShard(Second, ("temp", [0.25f]));
        var message = Assert.Throws<InvalidDataException>(() => TensorFiles.Open(_folder.Path)).Message;
        Assert.All(["'temp'", First, Second], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("../elsewhere.safetensors", "'../elsewhere.safetensors', which is no file beside it")]
    [InlineData("model-00002-of-00002.txt", "not from '.txt'")]
    public void Open_IndexThatNamesSomethingElse_IsRefused(string name, string reason)
    {
        WriteIndex(First, name);
        File.WriteAllText(_folder["model-00002-of-00002.txt"], "");
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => TensorFiles.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{}")]
    [InlineData("""{"weight_map": 3}""")]
    public void Open_FolderWithABrokenIndex_IsRefused(string index)
    {
        File.WriteAllText(_folder["model.safetensors.index.json"], index);
        Assert.Contains("is no index of shards", Assert.Throws<InvalidDataException>(() => TensorFiles.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AWholeFileBesideShards_IsThatFile()
    {
        WriteShard("model.safetensors", ("whole", [1]));
        using var weights = TensorFiles.Open(_folder.Path);
        Assert.Equal(["whole"], weights.Tensors.Keys);
    }

    private void WriteShard(string file, params (string Name, float[] Values)[] tensors)
    {
        using var stream = File.Create(_folder[file]);
        SafetensorsFile.Write(stream, tensors.Select(tensor => TensorData.Of<float>(tensor.Name, tensor.Values, tensor.Values.Length)));
    }

    private void WriteIndex(string first, string second) => File.WriteAllText(_folder["model.safetensors.index.json"], JsonSerializer.Serialize(new
    {
        metadata = new { total_size = 32 },
        weight_map = new Dictionary<string, string> { ["temp"] = first, ["text_proj.weight"] = second, ["visual_encoder.norm.bias"] = first },
    }));
}
