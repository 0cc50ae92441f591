using System.Text.Json;
using OrleansBlip.Model.Weights.HuggingFace;
using OrleansBlip.Model.Weights.PyTorch;

namespace OrleansBlip.Model.Weights;

/// <summary>Weights in any of the formats that are read here, under the original's names.</summary>
public static class TensorFiles
{
    private const string Single = "model.safetensors", Index = "model.safetensors.index.json", Pickled = "pytorch_model.bin";

    /// <summary>Opens a .safetensors, .pth, .pt or .bin file, or a folder that holds one, in shards or whole. Hugging Face's names become the original's.</summary>
    /// <exception cref="InvalidDataException">It is none of these.</exception>
    /// <exception cref="IOException">It is missing or damaged.</exception>
    public static ITensorSource Open(string path)
    {
        var source = Directory.Exists(path) ? OpenFolder(path) : OpenFile(path);
        return HuggingFaceNames.AreIn(source) ? new RenamedTensors(source, HuggingFaceNames.OriginalOf) : source;
    }

    private static ITensorSource OpenFile(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There are no weights at '{path}'.", path);
        return Path.GetExtension(path) switch
        {
            ".safetensors" => SafetensorsFile.Open(path),
            ".pth" or ".pt" or ".bin" => PyTorchFile.Open(path),
            var other => throw new InvalidDataException($"'{path}': weights are read from .safetensors, .pth, .pt and .bin, not from '{other}'."),
        };
    }

    private static ITensorSource OpenFolder(string path)
    {
        if (File.Exists(Path.Combine(path, Single))) return OpenFile(Path.Combine(path, Single));
        if (File.Exists(Path.Combine(path, Index))) return OpenShards(path);
        if (File.Exists(Path.Combine(path, Pickled))) return OpenFile(Path.Combine(path, Pickled));
        throw new FileNotFoundException($"'{path}' holds none of {Single}, {Index} and {Pickled}.");
    }

    private static JoinedTensors OpenShards(string path)
    {
        var index = Path.Combine(path, Index);
        string[] names;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(index));
            names = [.. json.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => entry.Value.GetString()!).Distinct().Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{index}' is no index of shards: {error.Message}", error);
        }
        if (names.FirstOrDefault(name => name != Path.GetFileName(name)) is { } outside) throw new InvalidDataException($"'{index}' names '{outside}', which is no file beside it.");
        var files = new List<ITensorSource>();
        try
        {
            foreach (var name in names) files.Add(OpenFile(Path.Combine(path, name)));
            return new JoinedTensors(path, files);
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }
}
