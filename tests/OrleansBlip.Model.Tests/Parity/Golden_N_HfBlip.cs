using System.Text.Json;
using System.Text.Json.Nodes;
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

    // The library computed in single precision, and its logits err by nearly as much as may be: those of double precision are held against each of them.
    [GoldenTheory("n-hf-blip")]
    [InlineData("eps1e-5", 1e-5)]
    [InlineData("eps1e-6", 1e-6)]
    public void Captioner_OnHuggingFacesWeights_GivesItsLogits_F64(string variant, double epsilon)
    {
        using var scope = torch.NewDisposeScope();
        _case.LogitsNear("expected", $"caption.{variant}.decoder_logits", Logits(scope, variant, epsilon, torch.ScalarType.Float64), 1e-4, 2e-5);
    }

    [GoldenTheory("n-hf-blip")]
    [InlineData("eps1e-5", 1e-5)]
    [InlineData("eps1e-6", 1e-6)]
    public void Captioner_OnHuggingFacesWeights_GivesItsLogits_F32(string variant, double epsilon)
    {
        using var scope = torch.NewDisposeScope();
        _case.LogitsNearAsAWhole("expected", $"caption.{variant}.decoder_logits", Logits(scope, variant, epsilon, torch.ScalarType.Float32), 1e-4, 2e-5);
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
                Assert.True(expected[i].SequenceEqual(sequences[i].Padded(expected[i], settings.PadId)), $"{run.Name}[{i}]: {string.Join(' ', sequences[i].Ids)}, expected {string.Join(' ', expected[i])}");
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
        // [CLS] stands at the beginning for either use.
        var special = new SpecialTokens(-1, first, -1, -1, first);
        _case.Near("expected", $"itm.{variant}.itc_sim", torch.matmul(features, matcher.Texts(ids, mask, special).t()), 1e-4, 2e-5);
        using var noGradient = torch.no_grad();
        var graph = model.Run(new StepBatch(_case.Tensor("inputs", "itm.pixel_values"), ids, mask, TensorArithmetic.Rows(ids.shape[0], torch.CPU), special));
        _case.Near("expected", $"itm.{variant}.question_embeds", model.Part<BuiltTextEncoder>("text_encoder").Grounded(graph), 1e-4, 2e-5);
    }

    public void Dispose() => _case.Dispose();

    private torch.Tensor Logits(DisposeScope scope, string variant, double epsilon, torch.ScalarType dtype)
    {
        using var model = Load(CaptionerSpec(epsilon), "weights.caption", dtype);
        var seen = new Activations(scope);
        torch.Tensor ids = _case.Tensor("inputs", "caption.input_ids"), mask = _case.Tensor("inputs", "caption.attention_mask");
        var special = new SpecialTokens(-1, -1, -1, (int)ids[0, 0].item<long>(), -1);
        var graph = model.Run(new StepBatch(_case.Tensor("inputs", "caption.pixel_values", dtype), ids, mask, TensorArithmetic.Rows(ids.shape[0], torch.CPU), special), new StepSettings { Observe = seen.Observe });
        _case.LossNear("expected", $"caption.{variant}.loss", Assert.Single(model.Losses(graph)).Number());
        _case.Near("expected", $"caption.{variant}.image_embeds", graph.Value("visual_encoder"), 1e-4, 2e-5);
        return seen["lm/logits"];
    }

    private static BlipModel Load(ModelSpec spec, string file, torch.ScalarType dtype = torch.ScalarType.Float32)
    {
        var composition = spec.Family == "filter" ? Families.Filter(spec) with { Momentum = [], Objectives = [] } : Families.Compose(spec);
        var model = new BlipModel(composition, dtype);
        using var weights = new RenamedTensors(SafetensorsFile.Open(Path.Combine(GoldenFolder.Case("n-hf-blip"), file + ".safetensors")), HuggingFaceNames.OriginalOf);
        model.Load(weights).RequireComplete(file);
        return model;
    }

    private ModelSpec CaptionerSpec(double epsilon)
    {
        var prompt = _case.Json.GetProperty("generation").GetProperty("greedy").GetProperty("prompt_ids").GetArrayLength() - 1;
        return Spec(_case.Json.GetProperty("caption_config"), "captioner", epsilon) with { PromptLength = prompt };
    }

    private ModelSpec FilterSpec(double epsilon)
    {
        var config = JsonNode.Parse(_case.Json.GetProperty("caption_config").GetRawText())!.AsObject();
        Merge(config, JsonNode.Parse(_case.Json.GetProperty("itm_config").GetRawText())!.AsObject());
        var spec = Spec(JsonSerializer.SerializeToElement(config), "filter", epsilon);
        // The library is told the width of what the text looks at; here it is the images'.
        Assert.Equal(config["text_config"]!["encoder_hidden_size"]!.GetValue<int>(), spec.Vision.Width);
        return spec;
    }

    // The filter's configuration is written as its differences from the captioner's, some of them as "as above except x".
    private static void Merge(JsonObject config, JsonObject differences)
    {
        foreach (var (written, value) in differences)
        {
            var key = written.Replace("as above except ", "", StringComparison.Ordinal);
            if (value is JsonObject inner && config[key] is JsonObject known) Merge(known, inner);
            else config[key] = value!.DeepClone();
        }
    }

    private static ModelSpec Spec(JsonElement config, string family, double epsilon)
    {
        var spec = HuggingFaceConfig.Read(config, family);
        return spec with { Vision = spec.Vision with { LayerNormEpsilon = epsilon } };
    }
}
