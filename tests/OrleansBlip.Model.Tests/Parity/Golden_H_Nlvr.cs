using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_H_Nlvr : IDisposable
{
    private readonly GoldenCase _case = new("h-nlvr");

    [GoldenFact("h-nlvr")]
    public void Step_F64() => Step(torch.ScalarType.Float64, "expected.f64", null, 1e-8, 1e-9);

    [GoldenFact("h-nlvr")]
    public void Step_F32() => Step(torch.ScalarType.Float32, "expected", "grads", 1e-4, 2e-5);

    public void Dispose() => _case.Dispose();

    private void Step(torch.ScalarType dtype, string file, string? gradients, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        var text = _case.Text(_case.Rows("weights", "text_encoder.embeddings.word_embeddings.weight"));
        using var model = new BlipModel(Families.VisualReasoning(new ModelSpec { Vision = _case.Vision, Text = text }), dtype);
        model.Load(_case.File_("weights")).RequireComplete("weights");
        var ids = _case.Tensor("inputs", "input_ids");
        var special = new SpecialTokens(0, -1, -1, -1, (int)ids[0, 0].item<long>());
        var batch = new StepBatch(_case.Tensor("inputs", "image", dtype), ids, _case.Tensor("inputs", "attention_mask"), TensorArithmetic.Rows(ids.shape[0], torch.CPU), special)
        {
            Labels = _case.Tensor("inputs", "targets"),
        };

        var seen = new Activations(scope);
        using (torch.no_grad())
        {
            var graph = model.Run(batch, new StepSettings { Observe = seen.Observe });
            _case.Near(file, "loss", Assert.Single(model.Losses(graph)), relative, absolute);
            _case.Near(file, "image_embeds", graph.Value("visual_encoder"), relative, absolute);
            _case.Near(file, "last_hidden_state", model.Part<BuiltTextEncoder>("text_encoder").Grounded(graph), relative, absolute);
        }
        for (var layer = 0; layer < text.Depth; layer++) _case.Near(file, $"layer{layer}.out", seen[$"grounded/layer{layer}.out"], relative, absolute);
        _case.Near(file, "prediction", seen["classification/logits"], relative, absolute);

        var judged = new SentenceJudge(model).Judge(batch.Images, ids, batch.Mask, special);
        _case.Near(file, "prediction_eval", judged, relative, absolute, expected => expected.softmax(1).select(1, 1));

        // Where nobody watches, the last layer is computed for the first token alone.
        foreach (var step in TrainedStep.TakeEachWay(model, batch, new StepSettings()))
        {
            _case.Near(file, "loss", torch.tensor(Assert.Single(step.Outcome.Losses).Value), relative, absolute);
            if (gradients is not null) _case.GradientsNear(gradients, model.Layout, step.Gradient, 2e-3, 2e-5);
        }
    }
}
