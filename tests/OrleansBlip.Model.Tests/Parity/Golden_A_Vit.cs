using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_A_Vit : IDisposable
{
    private readonly GoldenCase _case = new("a-vit");

    [GoldenFact("a-vit")]
    public void Forward_F64() => Forward(torch.ScalarType.Float64, "expected.f64", "grads.f64", 1e-9, 1e-10, 1e-9, 1e-10);

    [GoldenFact("a-vit")]
    public void Forward_F32() => Forward(torch.ScalarType.Float32, "expected", "grads", 1e-4, 1e-5, 1e-3, 1e-4);

    [GoldenFact("a-vit")]
    public void FusedAttention_GivesTheSame()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(torch.ScalarType.Float64, Spec());
        _case.Near("expected.f64", "output", model.Run(Batch(_case.Tensor("inputs", "image", torch.ScalarType.Float64))).Value(""), 1e-9, 1e-10);
    }

    [GoldenFact("a-vit")]
    public void PositionEmbedding_EverySize()
    {
        // "x_in_4x4" is what "x_32to48_6x6" and its like are interpolated from.
        using var scope = torch.NewDisposeScope();
        var (tensors, compared) = (_case.File_("pos_embed").Tensors, 0);
        foreach (var input in tensors.Keys.Where(name => name.Contains("_in_", StringComparison.Ordinal)))
            foreach (var expected in tensors.Keys.Where(name => name != input && name.StartsWith(input[..(input.IndexOf("_in_", StringComparison.Ordinal) + 1)], StringComparison.Ordinal)))
            {
                var patches = (int)tensors[expected].Shape[1] - 1;
                _case.Near("pos_embed", expected, PositionEmbedding.Interpolate(_case.Tensor("pos_embed", input), patches), 1e-4, 1e-5);
                compared++;
            }
        Assert.Equal(tensors.Keys.Count(name => !name.Contains("_in_", StringComparison.Ordinal) && !IsOfAPicture(name)), compared);
    }

    [GoldenFact("a-vit")]
    public void Forward_WithInterpolatedPositions()
    {
        using var scope = torch.NewDisposeScope();
        using var trained = Model(torch.ScalarType.Float32, Spec());
        var pictures = _case.File_("pos_embed").Tensors.Keys.Where(name => name.StartsWith("image", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(pictures);
        foreach (var picture in pictures)
        {
            var image = _case.Tensor("pos_embed", picture);
            using var model = new BlipModel(Composition(Spec() with { ImageSize = (int)image.shape[2] }));
            model.Load(_case.File_("weights"));
            using (torch.no_grad()) model.Find("pos_embed")!.copy_(PositionEmbedding.Interpolate(trained.Find("pos_embed")!, (int)model.Find("pos_embed")!.shape[1] - 1));
            _case.Near("pos_embed", picture.Replace("image", "output"), model.Run(Batch(image)).Value(""), 1e-4, 1e-5);
        }
    }

    public void Dispose() => _case.Dispose();

    private void Forward(torch.ScalarType dtype, string expected, string gradients, double relative, double absolute, double gradientRelative, double gradientAbsolute)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Model(dtype, Spec());
        var seen = new Activations(scope);
        var image = _case.Tensor("inputs", "image", dtype).requires_grad_();
        var output = model.Run(Batch(image), new StepSettings { Observe = (site, value) => seen.Keep(site["vision/".Length..].Replace("attn.probabilities", "attention_probs"), value) }).Value("");
        var loss = (output * _case.Tensor("inputs", "grad_seed", dtype)).sum();
        seen.Keep("output", output);
        seen.Keep("loss", loss);
        foreach (var name in _case.File_(expected).Tensors.Keys) _case.Near(expected, name, seen[name], relative, absolute);
        loss.backward();
        foreach (var name in _case.File_(gradients).Tensors.Keys)
            _case.Near(gradients, name, (name == "image" ? image : model.Find(name)!).grad!, gradientRelative, gradientAbsolute);
    }

    private static bool IsOfAPicture(string name) => name.StartsWith("image", StringComparison.Ordinal) || name.StartsWith("output", StringComparison.Ordinal);

    private VisionSpec Spec()
    {
        var config = _case.Config;
        return new VisionSpec
        {
            ImageSize = Int(config, "image_size"),
            PatchSize = Int(config, "patch_size"),
            Width = Int(config, "embed_dim"),
            Depth = Int(config, "depth"),
            Heads = Int(config, "num_heads"),
            MlpRatio = Int(config, "mlp_ratio"),
            DropPathRate = config.GetProperty("drop_path_rate").GetDouble(),
            LayerNormEpsilon = config.GetProperty("norm_eps").GetDouble(),
        };
        static int Int(JsonElement config, string key) => config.GetProperty(key).GetInt32();
    }

    // The case's names have no prefix, so the part has no name.
    private static Composition Composition(VisionSpec spec) => new() { Name = "vit", Parts = [new VisionEncoder("", spec)], Objectives = [] };

    private BlipModel Model(torch.ScalarType dtype, VisionSpec spec)
    {
        var model = new BlipModel(Composition(spec), dtype);
        model.Load(_case.File_("weights")).RequireComplete("a-vit/weights");
        return model;
    }

    private static StepBatch Batch(torch.Tensor image)
    {
        var none = torch.zeros(0, dtype: torch.ScalarType.Int64);
        return new StepBatch(image, none, none, none, SpecialTokens.Bert);
    }
}
