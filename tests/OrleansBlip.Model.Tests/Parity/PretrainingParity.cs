using System.Runtime.InteropServices;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>Runs a step of the product's model on a case's inputs, with the recorded negatives, and keeps what the objectives computed.</summary>
internal sealed class PretrainingParity
{
    private readonly GoldenCase _case;
    private readonly ScalarType _dtype;

    public PretrainingParity(GoldenCase golden, ScalarType dtype, Func<ModelSpec, Composition> family, string weights, float? temperature = null)
    {
        _case = golden;
        _dtype = dtype;
        var spec = new ModelSpec
        {
            Vision = golden.Vision,
            Text = golden.Text(golden.Rows(weights, "text_encoder.embeddings.word_embeddings.weight")),
            FeatureWidth = golden.Config.GetProperty("embed_dim").GetInt32(),
        };
        Model = new BlipModel(family(spec), dtype);
        ITensorSource source = temperature is null ? golden.File_(weights) : new WithTemperature(golden.File_(weights), temperature.Value);
        Model.Load(source).RequireComplete(weights);
    }

    public BlipModel Model { get; }

    public sealed record Result(StepGraph Graph, ContrastiveOutcome Outcome, Tensor MatchingLogits, Tensor ImageWeights, Tensor TextWeights, Activations Seen)
    {
        /// <summary>Inner values that every case of contrast and matching has, by its names for them.</summary>
        public Dictionary<string, Tensor> Values() => new()
        {
            ["image_embeds"] = Graph.Value("visual_encoder"),
            ["image_feat"] = Outcome.Image,
            ["text_feat"] = Outcome.Text,
            ["image_feat_m"] = Outcome.ImageMomentum,
            ["text_feat_m"] = Outcome.TextMomentum,
            ["sim_i2t_targets"] = Outcome.ImageTargets,
            ["sim_t2i_targets"] = Outcome.TextTargets,
            ["weights_t2i"] = ImageWeights,
            ["weights_i2t"] = TextWeights,
            ["vl_output"] = MatchingLogits,
        };
    }

    /// <summary>The average of version 0, as the shards make it.</summary>
    public void AverageInitialWeights(double momentum)
    {
        if (_dtype == ScalarType.Float64) _ = new ParityShards<double>(Model, momentum);
        else _ = new ParityShards<float>(Model, momentum);
    }

    /// <summary>Image ids of the inputs: their own, or one for each sample.</summary>
    public Tensor Ids(string inputs) => _case.File_(inputs).Tensors.ContainsKey("idx") ? _case.Tensor(inputs, "idx") : TensorArithmetic.Rows(_case.Rows(inputs, "image"), CPU);

    /// <summary>A step whose inner values are kept.</summary>
    public Result Watch(DisposeScope scope, string inputs, QueueTensors queue, double alpha, string negatives)
    {
        using var noGradient = no_grad();
        var seen = new Activations(scope);
        var graph = Model.Run(Batch(inputs), Settings(queue, alpha, Negatives(negatives, seen.Keep)) with { Observe = seen.Observe });
        Model.Losses(graph);
        var outcome = graph.Keep<ContrastiveOutcome>("itc", () => throw new InvalidOperationException("ITC was not computed."));
        return new Result(graph, outcome, seen["itm/logits"], seen["itm/image"], seen["itm/text"], seen);
    }

    /// <summary>The same step as training takes it: nobody watches, so attention is fused and a last layer computes only the tokens that are read.</summary>
    public TrainedStep Take(string inputs, QueueTensors queue, double alpha, string negatives) =>
        TrainedStep.Take(Model, Batch(inputs), Settings(queue, alpha, Negatives(negatives, (_, _) => { })));

    /// <summary>That step, and the same with the attention that dropout needs.</summary>
    public TrainedStep[] TakeEachWay(string inputs, QueueTensors queue, double alpha, string negatives) =>
        TrainedStep.TakeEachWay(Model, Batch(inputs), Settings(queue, alpha, Negatives(negatives, (_, _) => { })));

    private static StepSettings Settings(QueueTensors queue, double alpha, Func<string, Tensor, Tensor> negatives) => new() { Alpha = alpha, Queue = queue, DrawNegatives = negatives };

    private StepBatch Batch(string inputs) =>
        new(_case.Tensor(inputs, "image", _dtype), _case.Tensor(inputs, "input_ids"), _case.Tensor(inputs, "attention_mask"), Ids(inputs), _case.Special());

    private Func<string, Tensor, Tensor> Negatives(string file, Action<string, Tensor> keep) => (site, weights) =>
    {
        keep(site, weights);
        return _case.Tensor(file, site == "itm/image" ? "neg_image_idx" : "neg_text_idx");
    };

    /// <summary>A file of weights with another temperature.</summary>
    private sealed class WithTemperature(ITensorSource file, float temperature) : ITensorSource
    {
        public string Path => file.Path;

        public IReadOnlyDictionary<string, TensorDescriptor> Tensors => file.Tensors;

        public void ReadBytes(string name, long firstByte, Span<byte> destination)
        {
            if (name == "temp") MemoryMarshal.AsBytes([temperature]).CopyTo(destination);
            else file.ReadBytes(name, firstByte, destination);
        }

        public void Dispose() => file.Dispose();
    }
}
