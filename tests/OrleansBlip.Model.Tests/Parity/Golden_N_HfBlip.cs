using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Weights.HuggingFace;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_N_HfBlip : IDisposable
{
    private readonly GoldenCase _case = new("n-hf-blip");

    [GoldenTheory("n-hf-blip")]
    [InlineData("eps1e-5", 1e-5)]
    [InlineData("eps1e-6", 1e-6)]
    public void Captioner_OnHuggingFacesWeights_GivesItsLogits(string variant, double epsilon)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Load(CaptionerSpec(epsilon), "weights.caption");
        var seen = new Activations(scope);
        torch.Tensor ids = _case.Tensor("inputs", "caption.input_ids"), mask = _case.Tensor("inputs", "caption.attention_mask");
        var special = new SpecialTokens(0, -1, 3, (int)ids[0, 0].item<long>(), -1);
        var graph = model.Run(new StepBatch(_case.Tensor("inputs", "caption.pixel_values"), ids, mask, TensorArithmetic.Rows(ids.shape[0], torch.CPU), special), new StepSettings { Observe = seen.Observe });
        var loss = Assert.Single(model.Losses(graph));
        _case.Near("expected", $"caption.{variant}.image_embeds", graph.Value("visual_encoder"), 1e-4, 2e-5);
        _case.Near("expected", $"caption.{variant}.loss", loss, 1e-5, 0);
        var expected = _case.Tensor("expected", $"caption.{variant}.decoder_logits").narrow(1, 0, ids.shape[1] - 1);
        var difference = (seen["lm/logits"] - expected).abs().max().item<float>();
        Assert.True(difference <= 2e-5 + 1e-4 * expected.abs().max().item<float>(), $"decoder_logits off by up to {difference:e2}");
    }

    [GoldenFact("n-hf-blip")]
    public void Captioner_OnHuggingFacesWeights_WritesItsSequences()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Load(CaptionerSpec(1e-5), "weights.caption");
        var captioner = new Captioner(model);
        var images = _case.Tensor("inputs", "caption.pixel_values");
        var text = _case.Json.GetProperty("caption_config").GetProperty("text_config");
        foreach (var run in _case.Json.GetProperty("generation").EnumerateObject())
        {
            var call = run.Value.GetProperty("args");
            var start = text.GetProperty("bos_token_id").GetInt64();
            var given = run.Value.GetProperty("prompt_ids");
            // The library puts its start token over the prompt's first and cuts the prompt's last.
            long[] prompt = given.ValueKind == JsonValueKind.Null ? [start] : [start, .. given.EnumerateArray().Select(id => id.GetInt64()).Skip(1).SkipLast(1)];
            var settings = new GenerationSettings
            {
                EndId = text.GetProperty("sep_token_id").GetInt64(),
                PadId = text.GetProperty("pad_token_id").GetInt64(),
                MaxLength = call.GetProperty("max_length").GetInt32(),
                MinLength = call.TryGetProperty("min_length", out var least) ? least.GetInt32() : 0,
                Beams = call.GetProperty("num_beams").GetInt32(),
                RepetitionPenalty = call.TryGetProperty("repetition_penalty", out var penalty) ? penalty.GetDouble() : 1,
            };
            var sequences = settings.Beams == 1 ? captioner.Greedy(images, prompt, settings) : captioner.Beam(images, prompt, settings);
            var expected = run.Value.GetProperty("sequences").EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt64()).ToArray()).ToArray();
            for (var i = 0; i < expected.Length; i++)
                Assert.True(expected[i].AsSpan().TrimEnd(settings.PadId).SequenceEqual(sequences[i].Ids), $"{run.Name}[{i}]: {string.Join(' ', sequences[i].Ids)}, expected {string.Join(' ', expected[i])}");
        }
    }

    [GoldenTheory("n-hf-blip")]
    [InlineData("eps1e-5", 1e-5)]
    [InlineData("eps1e-6", 1e-6)]
    public void Filter_OnHuggingFacesWeights_GivesItsScores(string variant, double epsilon)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Load(FilterSpec(epsilon), "weights.itm");
        var matcher = new Matcher(model);
        torch.Tensor ids = _case.Tensor("inputs", "itm.input_ids"), mask = _case.Tensor("inputs", "itm.attention_mask");
        var first = (int)ids[0, 0].item<long>();
        var (tokens, features) = matcher.Images(_case.Tensor("inputs", "itm.pixel_values"));
        _case.Near("expected", $"itm.{variant}.image_embeds", tokens, 1e-4, 2e-5);
        _case.Near("expected", $"itm.{variant}.itm_score", matcher.Match(tokens, ids, mask, first), 1e-4, 2e-5);
        _case.Near("expected", $"itm.{variant}.itc_sim", torch.matmul(features, matcher.Texts(ids, mask, new SpecialTokens(0, first, 3, -1, -1)).t()), 1e-4, 2e-5);
    }

    public void Dispose() => _case.Dispose();

    private static BlipModel Load(ModelSpec spec, string file)
    {
        var composition = spec.Family == "filter" ? Families.Filter(spec) with { Momentum = [], Objectives = [] } : Families.Compose(spec);
        var model = new BlipModel(composition);
        using var weights = new RenamedTensors(SafetensorsFile.Open(Path.Combine(GoldenFolder.Case("n-hf-blip"), file + ".safetensors")), HuggingFaceNames.OriginalOf);
        model.Load(weights).RequireComplete(file);
        return model;
    }

    private ModelSpec CaptionerSpec(double epsilon)
    {
        var prompt = _case.Json.GetProperty("generation").GetProperty("greedy").GetProperty("prompt_ids").GetArrayLength() - 1;
        return Spec("caption_config", "captioner", epsilon) with { PromptLength = prompt };
    }

    // The filter's configuration is written as its differences from the captioner's.
    private ModelSpec FilterSpec(double epsilon)
    {
        JsonElement config = _case.Json.GetProperty("itm_config"), vision = config.GetProperty("vision_config");
        var captioner = Spec("caption_config", "filter", epsilon);
        return captioner with
        {
            Vision = captioner.Vision with
            {
                Width = vision.GetProperty("hidden_size").GetInt32(),
                ImageSize = vision.GetProperty("image_size").GetInt32(),
                PatchSize = vision.GetProperty("patch_size").GetInt32(),
                MlpRatio = vision.GetProperty("intermediate_size").GetInt32() / vision.GetProperty("hidden_size").GetInt32(),
            },
            FeatureWidth = config.GetProperty("image_text_hidden_size").GetInt32(),
        };
    }

    private ModelSpec Spec(string config, string family, double epsilon)
    {
        var spec = HuggingFaceConfig.Read(_case.Json.GetProperty(config), family);
        return spec with { Vision = spec.Vision with { LayerNormEpsilon = epsilon } };
    }
}
