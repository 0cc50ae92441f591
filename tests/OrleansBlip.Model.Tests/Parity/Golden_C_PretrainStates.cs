using System.Runtime.InteropServices;
using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Optimization;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>Three training steps through the parameter shard's own optimizer, in both precisions of its one source.</summary>
[Trait("Category", "Parity")]
public sealed class Golden_C_PretrainStates : IDisposable
{
    private const int Steps = 3;

    private readonly GoldenCase _case = new("c-pretrain-step");

    [GoldenFact("c-pretrain-step/state.after3.f64.safetensors")]
    public void AfterThreeSteps_F64() => Train<double>(torch.ScalarType.Float64, (step, compare) =>
    {
        if (step == Steps) compare("state.after3.f64", 1e-8, _ => 1e-9);
    });

    [GoldenFact("c-pretrain-step/state.after1.safetensors", "c-pretrain-step/state.after3.safetensors")]
    public void AfterOneAndThreeSteps_F32() => Train<float>(torch.ScalarType.Float32, (step, compare) =>
    {
        // Adam turns the rounding noise of gradients that are zero in theory into updates: the case lists those tensors.
        if (step is 1 or Steps) compare($"state.after{step}", 0, name => Noisy($"after{step}").Contains(name) ? 2e-3 : 2e-5);
    });

    public void Dispose() => _case.Dispose();

    private void Train<T>(torch.ScalarType dtype, Action<int, Action<string, double, Func<string, double>>> check)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        using var scope = torch.NewDisposeScope();
        var parity = new PretrainingParity(_case, dtype, Families.Pretraining, "weights.init");
        using var model = parity.Model;
        var momentum = _case.Config.GetProperty("momentum").GetDouble();
        var shard = new ParameterShardState<T>(model.Layout, 0, model.Layout.ElementCount, DecayRule.All, Elements<T>(model.Weights), Elements<T>(model.Momentum));
        shard.AverageInitialWeights(momentum);
        var suffix = dtype == torch.ScalarType.Float64 ? ".f64" : "";
        for (var step = 0; step < Steps; step++)
        {
            shard.Weights.Span.CopyTo(Elements<T>(model.Weights));
            shard.Momentum.Span.CopyTo(Elements<T>(model.Momentum));
            var queue = step == 0 ? Queue("weights.init", "", dtype) : Queue($"step{step - 1}.expected{suffix}", "_after", dtype);
            var result = parity.Run(scope, $"step{step}.inputs", queue, _case.Config.GetProperty("alphas")[step].GetDouble(), $"step{step}.inputs");
            _case.Near($"step{step}.expected{suffix}", "loss_total", result.Losses[0].Plus(result.Losses[1]).Plus(result.Losses[2]), 1e-5, 0);
            shard.Apply(Elements<T>(model.Gradient()), new AdamWStep
            {
                LearningRate = _case.Config.GetProperty("lr").GetDouble(),
                Beta1 = 0.9,
                Beta2 = 0.999,
                Epsilon = 1e-8,
                WeightDecay = _case.Config.GetProperty("weight_decay").GetDouble(),
                GradientScale = 1,
                Momentum = momentum,
            });
            var after = shard.Weights;
            check(step + 1, (file, relative, absolute) => Compare(model, after.Span, file, relative, absolute));
        }
    }

    // The reference averages at the start of a step: its state after n steps holds the average that step n - 1 used, which is still in the model.
    private void Compare<T>(BlipModel model, ReadOnlySpan<T> weights, string file, double relative, Func<string, double> absolute) where T : unmanaged
    {
        weights.CopyTo(Elements<T>(model.Weights));
        var names = model.Layout.Entries.Select(entry => entry.Name).Concat(model.Layout.Entries.Select(entry => entry.MomentumName).OfType<string>()).ToArray();
        Assert.Empty(names.Except(_case.File_(file).Tensors.Keys));
        foreach (var name in names) _case.Near(file, name, model.Find(name)!, relative, absolute(name));
    }

    private QueueTensors Queue(string file, string suffix, torch.ScalarType dtype)
    {
        var images = _case.Tensor(file, "image_queue" + suffix, dtype);
        return new QueueTensors(images, _case.Tensor(file, "text_queue" + suffix, dtype), torch.zeros(images.shape[1], torch.ScalarType.Int64).Fill(-100L));
    }

    private HashSet<string> Noisy(string after) =>
        [.. _case.Json.GetProperty("params_with_f32_noise_after_update_gt_2e-5").GetProperty(after).EnumerateArray().Select(name => name.GetString()!)];

    private static Span<T> Elements<T>(torch.Tensor flat) where T : unmanaged => MemoryMarshal.Cast<byte, T>(flat.bytes);
}
