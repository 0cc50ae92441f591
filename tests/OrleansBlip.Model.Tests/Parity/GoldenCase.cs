using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Text;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>One golden case: its configuration, its tensors, and comparison with a message that says where and by how much.</summary>
internal sealed class GoldenCase(string name) : IDisposable
{
    private readonly Dictionary<string, SafetensorsFile> _files = [];
    private JsonDocument? _json;

    public JsonElement Json => (_json ??= JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFolder.Case(name), "case.json")))).RootElement;

    public JsonElement Config => Json.GetProperty("config");

    public VisionSpec Vision
    {
        get
        {
            var vision = Config.GetProperty("vision");
            return new VisionSpec
            {
                ImageSize = vision.GetProperty("image_size").GetInt32(),
                PatchSize = vision.GetProperty("patch_size").GetInt32(),
                Width = vision.GetProperty("width").GetInt32(),
                Depth = vision.GetProperty("depth").GetInt32(),
                Heads = vision.GetProperty("heads").GetInt32(),
            };
        }
    }

    public TextSpec Text(int vocabulary) => TextOf(Config.GetProperty("bert"), vocabulary);

    public static TextSpec TextOf(JsonElement bert, int vocabulary) => new()
    {
        VocabularySize = vocabulary,
        Width = bert.GetProperty("hidden_size").GetInt32(),
        Depth = bert.GetProperty("num_hidden_layers").GetInt32(),
        Heads = bert.GetProperty("num_attention_heads").GetInt32(),
        FeedForwardWidth = bert.GetProperty("intermediate_size").GetInt32(),
        PositionsMax = bert.GetProperty("max_position_embeddings").GetInt32(),
        Dropout = bert.GetProperty("hidden_dropout_prob").GetDouble(),
        LayerNormEpsilon = bert.GetProperty("layer_norm_eps").GetDouble(),
    };

    public SafetensorsFile File_(string file)
    {
        if (!_files.TryGetValue(file, out var opened)) _files.Add(file, opened = SafetensorsFile.Open(Path.Combine(GoldenFolder.Case(name), file + ".safetensors")));
        return opened;
    }

    public int Rows(string file, string tensor) => (int)File_(file).Tensors[tensor].Shape[0];

    public torch.Tensor Tensor(string file, string tensor, torch.ScalarType? floatType = null)
    {
        var opened = File_(file);
        var descriptor = opened.Tensors.TryGetValue(tensor, out var found) ? found : throw new KeyNotFoundException($"{name}/{file} has no '{tensor}'.");
        long[] shape = [.. descriptor.Shape];
        var loaded = descriptor.Dtype switch
        {
            TensorDtype.I64 => torch.tensor(opened.Read<long>(tensor)),
            TensorDtype.F64 => torch.tensor(opened.Read<double>(tensor)),
            _ => torch.tensor(opened.ReadSingles(tensor)),
        };
        loaded = loaded.view(shape);
        return descriptor.Dtype == TensorDtype.I64 || floatType is null ? loaded : loaded.to_type(floatType.Value);
    }

    /// <summary>Demands |actual − expected| ≤ absolute + relative·|expected| for every element.</summary>
    public void Near(string file, string tensor, torch.Tensor actual, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        var expected = Tensor(file, tensor).to_type(torch.ScalarType.Float64);
        Assert.True(expected.shape.SequenceEqual(actual.shape), $"{name}/{file}/{tensor}: shape [{string.Join(", ", actual.shape)}], expected [{string.Join(", ", expected.shape)}]");
        var difference = (actual.detach().to_type(torch.ScalarType.Float64) - expected).abs();
        var excess = (difference - expected.abs().Times(relative).Plus(absolute)).max().ToDouble();
        Assert.True(excess <= 0, $"{name}/{file}/{tensor}: off by up to {difference.max().ToDouble():e2} (values up to {expected.abs().max().ToDouble():e2}, tolerance rtol {relative:e0} atol {absolute:e0})");
    }

    /// <summary>Compares the gradient of every parameter named in the file.</summary>
    public void GradientsNear(string file, BlipModel model, double relative, double absolute, string prefix = "", Func<string, bool>? loose = null)
    {
        var names = File_(file).Tensors.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(names);
        foreach (var full in names)
        {
            var parameter = model.Find(full[prefix.Length..]) ?? throw new KeyNotFoundException($"The model has no parameter '{full[prefix.Length..]}'.");
            Near(file, full, parameter.grad!, relative, loose?.Invoke(full) == true ? Math.Max(absolute, 1e-3) : absolute);
        }
        var compared = names.Select(full => full[prefix.Length..]).ToHashSet();
        Assert.All(model.Layout.Entries, entry => Assert.True(compared.Contains(entry.Name) || entry.Aliases.Any(compared.Contains), $"{name}/{file} has no gradient of '{entry.Name}'"));
    }

    public SpecialTokens Special()
    {
        var ids = Json.GetProperty("token_ids");
        return new SpecialTokens(Id(ids, "pad"), Id(ids, "cls"), Id(ids, "sep"), Id(ids, "bos_DEC"), Id(ids, "enc_ENC"));
        static int Id(JsonElement element, string key) => element.GetProperty(key).GetInt32();
    }

    public void Dispose()
    {
        foreach (var file in _files.Values) file.Dispose();
        _json?.Dispose();
    }
}
