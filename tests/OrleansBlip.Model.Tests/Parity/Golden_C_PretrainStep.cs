using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>The first step's gradients, as training computes them.</summary>
[Trait("Category", "Parity")]
public sealed class Golden_C_PretrainStep : IDisposable
{
    private readonly GoldenCase _case = new("c-pretrain-step");

    [GoldenFact("c-pretrain-step")]
    public void Step0_F64() => Step0(torch.ScalarType.Float64, ".f64", Families.Pretraining, 1e-8, 1e-9);

    [GoldenFact("c-pretrain-step")]
    public void Step0_F32() => Step0(torch.ScalarType.Float32, "", Families.Pretraining, 2e-3, 2e-5);

    [GoldenFact("c-pretrain-step")]
    public void Step0_Recomputed_F64() => Step0(torch.ScalarType.Float64, ".f64", Recomputed, 1e-8, 1e-9);

    [GoldenFact("c-pretrain-step")]
    public void Step0_Recomputed_F32() => Step0(torch.ScalarType.Float32, "", Recomputed, 2e-3, 2e-5);

    [GoldenFact("c-pretrain-step")]
    public void Step0_WithWeights_TotalsAndGradientsAreThoseOfTheWeightedSum()
    {
        // The case has the gradient of the plain sum alone, which two sums make whose weights add up to one.
        using var scope = torch.NewDisposeScope();
        var (one, other) = (Weighted([0.25, 0.5, 0.75]), Weighted([0.75, 0.5, 0.25]));
        _case.GradientsNear("grads.step0.f64", one.Layout, one.Step.Gradient.Plus(other.Step.Gradient), 1e-8, 1e-9);
        _case.LossNear("step0.expected.f64", "loss_total", one.Step.Outcome.Total + other.Step.Outcome.Total);
        Assert.Equal(one.Step.Outcome.Losses.Zip([0.25, 0.5, 0.75], (loss, weight) => loss.Value * weight).Sum(), one.Step.Outcome.Total, 1e-12);
    }

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

    private static Composition Recomputed(ModelSpec spec) => Families.Pretraining(spec with { Vision = spec.Vision with { CheckpointedBlocks = spec.Vision.Depth } });

    private void Step0(torch.ScalarType dtype, string suffix, Func<ModelSpec, Composition> family, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        var (layout, steps) = Take(dtype, family);
        var file = "step0.expected" + suffix;
        foreach (var step in steps)
        {
            foreach (var (name, loss) in new[] { "loss_ita", "loss_itm", "loss_lm" }.Zip(step.Outcome.Losses)) _case.LossNear(file, name, loss.Value);
            _case.LossNear(file, "loss_total", step.Outcome.Total);
            _case.GradientsNear("grads.step0" + suffix, layout, step.Gradient, relative, absolute);
        }
    }

    private (ParameterLayout Layout, TrainedStep Step) Weighted(double[] weights)
    {
        var (layout, steps) = Take(torch.ScalarType.Float64, spec =>
        {
            var plain = Families.Pretraining(spec);
            return plain with { Objectives = [.. plain.Objectives.Zip(weights, (objective, weight) => objective with { Weight = weight })] };
        });
        return (layout, steps[0]);
    }

    private (ParameterLayout Layout, TrainedStep[] Steps) Take(torch.ScalarType dtype, Func<ModelSpec, Composition> family)
    {
        var parity = new PretrainingParity(_case, dtype, family, "weights.init");
        using var model = parity.Model;
        parity.AverageInitialWeights(_case.Config.GetProperty("momentum").GetDouble());
        var queue = new ParityQueue(_case, "weights.init", dtype);
        return (model.Layout, parity.TakeEachWay("step0.inputs", queue.Tensors, _case.Config.GetProperty("alphas")[0].GetDouble(), "step0.inputs"));
    }
}
