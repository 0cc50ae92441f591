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
    /// <summary>The case that lists the tiny vocabulary.</summary>
    public const string VocabularyCase = "c-pretrain-step";

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
    /// <param name="part">What of the expected tensor is compared; null: all of it.</param>
    public void Near(string file, string tensor, torch.Tensor actual, double relative, double absolute, Func<torch.Tensor, torch.Tensor>? part = null)
    {
        using var scope = torch.NewDisposeScope();
        var expected = Tensor(file, tensor).to_type(torch.ScalarType.Float64);
        if (part is not null) expected = part(expected);
        Assert.True(expected.shape.SequenceEqual(actual.shape), $"{name}/{file}/{tensor}: shape [{string.Join(", ", actual.shape)}], expected [{string.Join(", ", expected.shape)}]");
        var difference = (actual.detach().to_type(torch.ScalarType.Float64) - expected).abs();
        var excess = (difference - expected.abs().Times(relative).Plus(absolute)).max().Number();
        Assert.True(excess <= 0, $"{name}/{file}/{tensor}: off by up to {difference.max().Number():e2} (values up to {expected.abs().max().Number():e2}, tolerance rtol {relative:e0} atol {absolute:e0})");
    }

    /// <summary>Demands that a loss is near the expected one, as near as the file's precision allows.</summary>
    public void LossNear(string file, string tensor, double actual)
    {
        using var scope = torch.NewDisposeScope();
        var isDouble = File_(file).Tensors[tensor].Dtype == TensorDtype.F64;
        Near(file, tensor, torch.tensor(actual), isDouble ? 1e-8 : 1e-5, isDouble ? 1e-9 : 0);
    }

    /// <summary>Demands that the logits of texts are near those expected of all places but the last, which predicts nothing and is not computed.</summary>
    public void LogitsNear(string file, string tensor, torch.Tensor actual, double relative, double absolute) =>
        Near(file, tensor, actual, relative, absolute, expected => expected.narrow(1, 0, expected.shape[1] - 1));

    /// <summary>The same, but relative to the largest of them, as the rounding of a sum is.</summary>
    public void LogitsNearAsAWhole(string file, string tensor, torch.Tensor actual, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        LogitsNear(file, tensor, actual, 0, absolute + relative * Tensor(file, tensor).abs().max().Number());
    }

    /// <summary>Compares a flat gradient, (P), of all parameters of a layout: the file has each of them, and no other.</summary>
    public void GradientsNear(string file, ParameterLayout layout, torch.Tensor gradient, double relative, double absolute, string prefix = "")
    {
        var expected = File_(file).Tensors.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..]).ToHashSet();
        foreach (var entry in layout.Entries)
        {
            string[] known = [.. entry.Aliases.Prepend(entry.Name).Where(expected.Remove)];
            Assert.True(known.Length > 0, $"{name}/{file} has no gradient of '{entry.Name}'");
            using var scope = torch.NewDisposeScope();
            foreach (var each in known) Near(file, prefix + each, gradient.narrow(0, entry.Offset, entry.Length).view([.. entry.Shape]), relative, absolute);
        }
        Assert.Empty(expected);
    }

    /// <summary>The ids of the case's framing tokens, or those of the case that has the vocabulary of all.</summary>
    public SpecialTokens Special()
    {
        if (!Json.TryGetProperty("token_ids", out var ids))
        {
            using var owner = new GoldenCase(VocabularyCase);
            return owner.Special();
        }
        return new SpecialTokens(Id(ids, "pad"), Id(ids, "cls"), Id(ids, "sep"), Id(ids, "bos_DEC"), Id(ids, "enc_ENC"));
        static int Id(JsonElement element, string key) => element.GetProperty(key).GetInt32();
    }

    public void Dispose()
    {
        foreach (var file in _files.Values) file.Dispose();
        _json?.Dispose();
    }
}
