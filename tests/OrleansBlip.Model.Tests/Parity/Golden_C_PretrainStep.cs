using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_C_PretrainStep : IDisposable
{
    private static readonly string[] Compared =
    [
        "image_embeds", "image_feat", "text_feat", "image_feat_m", "text_feat_m", "sim_i2t_targets", "sim_t2i_targets", "sim_i2t", "sim_t2i",
        "loss_ita", "weights_t2i", "weights_i2t", "vl_output", "loss_itm", "loss_lm", "text_last_hidden_state", "loss_total",
    ];

    private readonly GoldenCase _case = new("c-pretrain-step");

    [GoldenFact("c-pretrain-step")]
    public void Step0_F64() => Step0(torch.ScalarType.Float64, ".f64", 1e-8, 1e-9, 1e-8, 1e-9);

    [GoldenFact("c-pretrain-step")]
    public void Step0_F32() => Step0(torch.ScalarType.Float32, "", 1e-4, 1e-5, 2e-3, 2e-5);

    [GoldenFact("c-pretrain-step")]
    public void Layout_HasEveryTensorOnceUnderItsFirstName()
    {
        using var scope = torch.NewDisposeScope();
        using var model = new PretrainingParity(_case, torch.ScalarType.Float32, Families.Pretraining, "weights.init").Model;
        Assert.Equal(Names("trainable_parameters"), model.Layout.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            Names("unique_parameters").Except(Names("trainable_parameters")),
            model.Layout.Entries.Select(entry => entry.MomentumName).OfType<string>().Order(StringComparer.Ordinal));
        foreach (var group in _case.Json.GetProperty("tied_parameters").EnumerateArray())
        {
            var names = group.EnumerateArray().Select(name => name.GetString()!).ToArray();
            var entry = Assert.Single(model.Layout.Entries, entry => entry.Name == names[0]);
            Assert.Equal(names[1..].Order(StringComparer.Ordinal), entry.Aliases);
        }

        IEnumerable<string> Names(string key) => _case.Json.GetProperty(key).EnumerateArray().Select(name => name.GetString()!).Order(StringComparer.Ordinal);
    }

    public void Dispose() => _case.Dispose();

    private void Step0(torch.ScalarType dtype, string suffix, double relative, double absolute, double gradientRelative, double gradientAbsolute)
    {
        using var scope = torch.NewDisposeScope();
        var step = new PretrainingParity(_case, dtype, Families.Pretraining, "weights.init");
        using var model = step.Model;
        step.UpdateMomentum(_case.Config.GetProperty("momentum").GetDouble());
        var alpha = _case.Config.GetProperty("alphas")[0].GetDouble();
        var result = step.Run(scope, "step0.inputs", Queue(dtype), alpha, "step0.inputs");
        var values = new Dictionary<string, torch.Tensor>
        {
            ["image_embeds"] = result.Graph.Value("visual_encoder"),
            ["image_feat"] = result.Outcome.Image,
            ["text_feat"] = result.Outcome.Text,
            ["image_feat_m"] = result.Outcome.ImageMomentum,
            ["text_feat_m"] = result.Outcome.TextMomentum,
            ["sim_i2t"] = result.Outcome.ImageToText,
            ["sim_t2i"] = result.Outcome.TextToImage,
            ["sim_i2t_targets"] = result.Outcome.ImageTargets,
            ["sim_t2i_targets"] = result.Outcome.TextTargets,
            ["weights_t2i"] = result.ImageWeights,
            ["weights_i2t"] = result.TextWeights,
            ["vl_output"] = result.MatchingLogits,
            ["loss_ita"] = result.Losses[0],
            ["loss_itm"] = result.Losses[1],
            ["loss_lm"] = result.Losses[2],
            ["loss_total"] = result.Losses[0].Plus(result.Losses[1]).Plus(result.Losses[2]),
            ["text_last_hidden_state"] = result.Graph.Value("text_encoder"),
        };
        foreach (var name in Compared) _case.Near("step0.expected" + suffix, name, values[name], relative, absolute);
        var logits = _case.Tensor("step0.expected" + suffix, "decoder_logits");
        var difference = (result.Seen["lm/logits"].to_type(torch.ScalarType.Float64) - logits.narrow(1, 0, logits.shape[1] - 1).to_type(torch.ScalarType.Float64)).abs().max().ToDouble();
        Assert.True(difference <= absolute + relative * logits.abs().max().ToDouble(), $"step0/decoder_logits: off by up to {difference:e2}");
        _case.GradientsNear("grads.step0" + suffix, model, gradientRelative, gradientAbsolute);

        var losses = step.RunUnwatched("step0.inputs", Queue(dtype), alpha, "step0.inputs");
        foreach (var (name, loss) in new[] { "loss_ita", "loss_itm", "loss_lm" }.Zip(losses)) _case.Near("step0.expected" + suffix, name, loss, relative, absolute);
        _case.GradientsNear("grads.step0" + suffix, model, gradientRelative, gradientAbsolute);
    }

    private QueueTensors Queue(torch.ScalarType dtype)
    {
        var images = _case.Tensor("weights.init", "image_queue", dtype);
        return new QueueTensors(images, _case.Tensor("weights.init", "text_queue", dtype), torch.zeros(images.shape[1], torch.ScalarType.Int64).Fill(-100L));
    }
}
