using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
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
        var parity = new PretrainingParity(_case, dtype, Families.Filter, "weights", settings.GetProperty("temp").GetSingle());
        using var model = parity.Model;
        parity.AverageInitialWeights(_case.Config.GetProperty("momentum").GetDouble());
        var expected = $"{variant}.expected{suffix}";
        var queue = new ParityQueue(_case, "weights", dtype, settings.GetProperty("ptr_before").GetInt32());
        var alpha = settings.GetProperty("alpha").GetDouble();
        var watched = parity.Watch(scope, "inputs", queue.Tensors, alpha, $"{variant}.expected");
        foreach (var (name, value) in Values(watched, model)) _case.Near(expected, name, value, relative, absolute);

        var steps = parity.TakeEachWay("inputs", queue.Tensors, alpha, $"{variant}.expected");
        foreach (var step in steps)
        {
            foreach (var ((name, objective), loss) in new[] { ("loss_ita", "itc"), ("loss_itm", "itm") }.Zip(step.Outcome.Losses))
            {
                Assert.Equal(objective, loss.Key);
                _case.LossNear(expected, name, loss.Value);
            }
            _case.LossNear(expected, "loss_total", step.Outcome.Total);
            if (gradients) _case.GradientsNear($"{variant}.grads{suffix}", model.Layout, step.Gradient, gradientRelative, gradientAbsolute);
        }
        queue.Enqueue(steps[0].Outcome, watched.Outcome, parity.Ids("inputs"));
        queue.Near(expected, "_after", relative, absolute);
        // Ids are whole numbers, which the files of double precision leave out.
        queue.PlacesEqual($"{variant}.expected", "_after");
    }

    private static Dictionary<string, torch.Tensor> Values(PretrainingParity.Result result, BlipModel model) => new(result.Values())
    {
        ["sim_i2t_ita"] = result.Outcome.ImageToText,
        ["sim_t2i_ita"] = result.Outcome.TextToImage,
        ["temp_after"] = model.Find("temp")!,
        ["text_encoder_m.embeddings.word_embeddings.weight_after"] = model.Find("text_encoder_m.embeddings.word_embeddings.weight")!,
        ["visual_encoder_m.pos_embed_after"] = model.Find("visual_encoder_m.pos_embed")!,
    };
}
