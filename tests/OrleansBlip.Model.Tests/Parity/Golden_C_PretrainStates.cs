using System.Numerics;
using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Optimization;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>Training steps through the parameter shards' own optimizer, in both precisions of its one source, and through the queue of what they computed.</summary>
[Trait("Category", "Parity")]
public sealed class Golden_C_PretrainStates : IDisposable
{
    private readonly GoldenCase _case = new("c-pretrain-step");

    [GoldenFact("c-pretrain-step")]
    public void EachStep_F64() => Train<double>(torch.ScalarType.Float64, (step, parity, queue, alpha) => Step(step, parity, queue, alpha, ".f64", 1e-8, 1e-9), (_, _, _) => { });

    [GoldenFact("c-pretrain-step")]
    public void EachStep_F32() => Train<float>(torch.ScalarType.Float32, (step, parity, queue, alpha) => Step(step, parity, queue, alpha, "", 1e-4, 1e-5), (_, _, _) => { });

    [GoldenFact("c-pretrain-step/state.after3.f64.safetensors")]
    public void AfterThreeSteps_F64() => Train<double>(torch.ScalarType.Float64, Step, (after, model, queue) =>
    {
        if (after == 3) Compare(model, queue, "state.after3.f64", 1e-8, _ => 1e-9);
    });

    [GoldenFact("c-pretrain-step/state.after1.safetensors", "c-pretrain-step/state.after3.safetensors")]
    public void AfterOneAndThreeSteps_F32() => Train<float>(torch.ScalarType.Float32, Step, (after, model, queue) =>
    {
        // Adam turns the rounding noise of gradients that are zero in theory into updates: the case lists those tensors.
        if (after is 1 or 3) Compare(model, queue, $"state.after{after}", 0, name => Noisy($"after{after}").Contains(name) ? 2e-3 : 2e-5);
    });

    public void Dispose() => _case.Dispose();

    // Takes the case's steps one after the other, each with the weights, averages and queue that those before it left.
    private void Train<T>(torch.ScalarType dtype, Func<int, PretrainingParity, ParityQueue, double, TrainedStep> take, Action<int, BlipModel, ParityQueue> check)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using var scope = torch.NewDisposeScope();
        var parity = new PretrainingParity(_case, dtype, Families.Pretraining, "weights.init");
        using var model = parity.Model;
        var momentum = _case.Config.GetProperty("momentum").GetDouble();
        var shards = new ParityShards<T>(model, momentum);
        var queue = new ParityQueue(_case, "weights.init", dtype);
        double[] alphas = [.. _case.Config.GetProperty("alphas").EnumerateArray().Select(alpha => alpha.GetDouble())];
        for (var step = 0; step < alphas.Length; step++)
        {
            shards.PublishMomentum();
            var trained = take(step, parity, queue, alphas[step]);
            shards.Apply(trained.Gradient, new AdamWStep
            {
                LearningRate = _case.Config.GetProperty("lr").GetDouble(),
                Beta1 = 0.9,
                Beta2 = 0.999,
                Epsilon = 1e-8,
                WeightDecay = _case.Config.GetProperty("weight_decay").GetDouble(),
                GradientScale = 1,
                Momentum = momentum,
            });
            check(step + 1, model, queue);
        }
    }

    private TrainedStep Step(int step, PretrainingParity parity, ParityQueue queue, double alpha)
    {
        using var scope = torch.NewDisposeScope();
        var trained = parity.Take($"step{step}.inputs", queue.Tensors, alpha, $"step{step}.inputs");
        var watched = parity.Watch(scope, $"step{step}.inputs", queue.Tensors, alpha, $"step{step}.inputs");
        queue.Enqueue(trained.Outcome, watched.Outcome, parity.Ids($"step{step}.inputs"));
        return trained with { Gradient = trained.Gradient.MoveToOuterDisposeScope() };
    }

    private TrainedStep Step(int step, PretrainingParity parity, ParityQueue queue, double alpha, string suffix, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        var file = $"step{step}.expected{suffix}";
        var watched = parity.Watch(scope, $"step{step}.inputs", queue.Tensors, alpha, $"step{step}.inputs");
        foreach (var (name, value) in Values(watched)) _case.Near(file, name, value, relative, absolute);
        _case.LogitsNear(file, "decoder_logits", watched.Seen["lm/logits"], relative, absolute);
        var trained = Step(step, parity, queue, alpha);
        foreach (var ((name, objective), loss) in new[] { ("loss_ita", "itc"), ("loss_itm", "itm"), ("loss_lm", "lm") }.Zip(trained.Outcome.Losses))
        {
            Assert.Equal(objective, loss.Key);
            _case.LossNear(file, name, loss.Value);
        }
        _case.LossNear(file, "loss_total", trained.Outcome.Total);
        queue.Near(file, "_after", relative, absolute);
        // The pointer is a whole number, which the files of double precision leave out.
        queue.PlacesEqual($"step{step}.expected", "_after");
        return trained with { Gradient = trained.Gradient.MoveToOuterDisposeScope() };
    }

    private static Dictionary<string, torch.Tensor> Values(PretrainingParity.Result result) => new(result.Values())
    {
        ["temp_before"] = result.Outcome.Temperature,
        ["text_last_hidden_state"] = result.Graph.Value("text_encoder"),
        ["sim_i2t"] = result.Outcome.ImageToText,
        ["sim_t2i"] = result.Outcome.TextToImage,
    };

    // The reference averages at the start of a step: its state after n steps holds the average that step n - 1 used, which is still in the model.
    private void Compare(BlipModel model, ParityQueue queue, string file, double relative, Func<string, double> absolute)
    {
        var names = model.Layout.Entries.Select(entry => entry.Name).Concat(model.Layout.Entries.Select(entry => entry.MomentumName).OfType<string>()).ToArray();
        Assert.Empty(names.Except(_case.File_(file).Tensors.Keys));
        foreach (var name in names) _case.Near(file, name, model.Find(name)!, relative, absolute(name));
        queue.Near(file, "", relative, absolute("queue"));
        queue.PlacesEqual(file, "");
    }

    private HashSet<string> Noisy(string after) =>
        [.. _case.Json.GetProperty("params_with_f32_noise_after_update_gt_2e-5").GetProperty(after).EnumerateArray().Select(name => name.GetString()!)];
}
