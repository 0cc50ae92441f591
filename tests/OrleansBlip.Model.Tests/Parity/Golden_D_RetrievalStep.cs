using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_D_RetrievalStep : IDisposable
{
    private readonly GoldenCase _case = new("d-retrieval-step");

    [GoldenTheory("d-retrieval-step")]
    [InlineData("A")]
    [InlineData("B")]
    public void Step_F64(string variant) => Step(variant, torch.ScalarType.Float64, ".f64", 1e-8, 1e-9, 1e-8, 1e-9, gradients: variant == "A");

    [GoldenTheory("d-retrieval-step")]
    [InlineData("A")]
    [InlineData("B")]
    public void Step_F32(string variant) => Step(variant, torch.ScalarType.Float32, "", 1e-4, 1e-5, 2e-3, 2e-5, gradients: true);

    public void Dispose() => _case.Dispose();

    private void Step(string variant, torch.ScalarType dtype, string suffix, double relative, double absolute, double gradientRelative, double gradientAbsolute, bool gradients)
    {
        using var scope = torch.NewDisposeScope();
        var settings = _case.Config.GetProperty("variants").GetProperty(variant);
        var step = new PretrainingParity(_case, dtype, Families.Filter, "weights", settings.GetProperty("temp").GetDouble());
        using var model = step.Model;
        step.UpdateMomentum(_case.Config.GetProperty("momentum").GetDouble());
        var expected = $"{variant}.expected{suffix}";
        var queue = new QueueTensors(
            _case.Tensor("weights", "image_queue", dtype), _case.Tensor("weights", "text_queue", dtype), _case.Tensor("weights", "idx_queue").view(-1));
        var alpha = settings.GetProperty("alpha").GetDouble();
        var graph = step.Run(scope, "inputs", queue, alpha, $"{variant}.expected");
        var outcome = graph.Outcome;
        void Check(string name, torch.Tensor actual) => _case.Near(expected, name, actual, relative, absolute);
        Check("image_embeds", graph.Graph.Value("visual_encoder"));
        Check("image_feat", outcome.Image);
        Check("text_feat", outcome.Text);
        Check("image_feat_m", outcome.ImageMomentum);
        Check("text_feat_m", outcome.TextMomentum);
        Check("sim_i2t_targets", outcome.ImageTargets);
        Check("sim_t2i_targets", outcome.TextTargets);
        Check("sim_i2t_ita", outcome.ImageToText);
        Check("sim_t2i_ita", outcome.TextToImage);
        Check("weights_t2i", graph.ImageWeights);
        Check("weights_i2t", graph.TextWeights);
        Check("vl_output", graph.MatchingLogits);
        Check("loss_ita", graph.Losses[0]);
        Check("loss_itm", graph.Losses[1]);
        Check("loss_total", graph.Losses[0].Plus(graph.Losses[1]));
        Check("temp_after", model.Find("temp")!);
        foreach (var name in new[] { "text_encoder_m.embeddings.word_embeddings.weight", "visual_encoder_m.pos_embed" }) Check(name + "_after", model.Find(name)!);
        if (gradients) _case.GradientsNear($"{variant}.grads{suffix}", model, gradientRelative, gradientAbsolute);

        var losses = step.RunUnwatched("inputs", queue, alpha, $"{variant}.expected");
        Check("loss_ita", losses[0]);
        Check("loss_itm", losses[1]);
        if (gradients) _case.GradientsNear($"{variant}.grads{suffix}", model, gradientRelative, gradientAbsolute);
    }
}
