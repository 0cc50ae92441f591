using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>What a step gives who trains: its losses, and the gradient of all parameters in one flat tensor, (P).</summary>
internal sealed record TrainedStep(StepOutcome Outcome, torch.Tensor Gradient)
{
    /// <summary>Takes the step with fused attention and with the one that dropout needs, which a watched step has too.</summary>
    public static TrainedStep[] TakeEachWay(BlipModel model, StepBatch batch, StepSettings settings) =>
        [Take(model, batch, settings), Take(model, batch, settings with { Observe = (_, _) => { } })];

    /// <summary>Takes the step that a trainer takes, with its randomness, so that only the case's rates of zero keep everything. The gradient is what is sent of it as soon as it is told complete.</summary>
    public static TrainedStep Take(BlipModel model, StepBatch batch, StepSettings settings)
    {
        settings = settings with { Random = new SlotRandom(seed: 1, step: 0, slot: 0) };
        var (gradient, sent) = (new float[model.Layout.ElementCount], new float[model.Layout.ElementCount]);
        sent.AsSpan().Fill(float.NaN);
        var outcome = model.Step(batch, settings, gradient, (start, length) => gradient.AsSpan((int)start, (int)length).CopyTo(sent.AsSpan((int)start)));
        if (model.Weights.dtype == torch.ScalarType.Float32) return new TrainedStep(outcome, torch.tensor(sent));

        // What is sent is of single precision; double precision stays in the model.
        outcome = model.Step(batch, settings);
        var exact = model.Gradient();
        Assert.True(torch.allclose(exact, torch.tensor(sent).to_type(torch.ScalarType.Float64), rtol: 1e-7, atol: 1e-40), "What is sent is not the gradient.");
        return new TrainedStep(outcome, exact);
    }
}
