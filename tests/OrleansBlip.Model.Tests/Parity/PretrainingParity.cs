using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>Runs a step of the product's model on a case's inputs, with the recorded negatives, and keeps what the objectives computed.</summary>
internal sealed class PretrainingParity
{
    private readonly GoldenCase _case;
    private readonly ScalarType _dtype;

    public PretrainingParity(GoldenCase golden, ScalarType dtype, Func<ModelSpec, Composition> family, string weights, double? temperature = null)
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
        Model.Load(golden.File_(weights)).RequireComplete(weights);
        if (temperature is null) return;
        using var noGradient = no_grad();
        Model.Find("temp")!.Fill((float)Math.Clamp(temperature.Value, 0.001, 0.5));
    }

    public BlipModel Model { get; }

    public sealed record Result(StepGraph Graph, ContrastiveOutcome Outcome, Tensor[] Losses, Tensor MatchingLogits, Tensor ImageWeights, Tensor TextWeights, Activations Seen);

    /// <summary>The reference's momentum update: before the step's gradient, from the weights that the step uses.</summary>
    public void UpdateMomentum(double momentum)
    {
        using var noGradient = no_grad();
        foreach (var entry in Model.Layout.Entries.Where(entry => entry.MomentumName is not null))
            Model.Find(entry.MomentumName!)!.TimesInPlace(momentum).PlusInPlace(Model.Find(entry.Name)!, 1 - momentum);
    }

    /// <summary>A step whose inner values are kept.</summary>
    public Result Run(DisposeScope scope, string inputs, QueueTensors queue, double alpha, string negatives)
    {
        var seen = new Activations(scope);
        var settings = new StepSettings { Alpha = alpha, Queue = queue, Observe = seen.Observe, DrawNegatives = Negatives(negatives, seen.Keep) };
        var (graph, losses) = Step(inputs, settings);
        var outcome = graph.Keep<ContrastiveOutcome>("itc", () => throw new InvalidOperationException("ITC was not computed."));
        return new Result(graph, outcome, losses, seen["itm/logits"], seen["itm/image"], seen["itm/text"], seen);
    }

    /// <summary>The same step as training takes it: nobody watches, so attention is fused and a last layer computes only the tokens that are read.</summary>
    public Tensor[] RunUnwatched(string inputs, QueueTensors queue, double alpha, string negatives) =>
        Step(inputs, new StepSettings { Alpha = alpha, Queue = queue, DrawNegatives = Negatives(negatives, (_, _) => { }) }).Losses;

    private (StepGraph Graph, Tensor[] Losses) Step(string inputs, StepSettings settings)
    {
        var ids = _case.File_(inputs).Tensors.ContainsKey("idx") ? _case.Tensor(inputs, "idx") : TensorArithmetic.Rows(_case.Rows(inputs, "image"), CPU);
        var batch = new StepBatch(_case.Tensor(inputs, "image", _dtype), _case.Tensor(inputs, "input_ids"), _case.Tensor(inputs, "attention_mask"), ids, Special(inputs));
        var graph = Model.Run(batch, settings);
        var losses = Model.Losses(graph);
        Model.ClearGradient();
        losses.Aggregate((a, b) => a.Plus(b)).backward();
        return (graph, losses);
    }

    private Func<string, Tensor, Tensor> Negatives(string file, Action<string, Tensor> keep) => (site, weights) =>
    {
        keep(site, weights);
        return _case.Tensor(file, site == "itm/image" ? "neg_image_idx" : "neg_text_idx");
    };

    // Cases without a table of ids were made with one vocabulary: [CLS] stands first in the inputs, [DEC] and [ENC] are the last two ids.
    private SpecialTokens Special(string inputs)
    {
        if (_case.Json.TryGetProperty("token_ids", out _)) return _case.Special();
        var vocabulary = _case.Rows("weights", "text_encoder.embeddings.word_embeddings.weight");
        return new SpecialTokens(0, (int)_case.File_(inputs).Read<long>("input_ids")[0], 3, vocabulary - 2, vocabulary - 1);
    }
}
