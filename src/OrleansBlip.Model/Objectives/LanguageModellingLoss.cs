using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Objectives;

/// <summary>
/// Language modelling, LM (BLIP §3.2): the next token of the text given the image, with label smoothing, averaged over the slot's tokens.
/// Legend: B samples, T tokens, V vocabulary.
/// </summary>
public sealed record LanguageModellingLoss(string Name = "lm") : Objective(Name)
{
    /// <summary>The image-grounded decoder.</summary>
    public string? Decoder { get; init; }

    /// <summary>First tokens that are given, not learned: [DEC] and the prompt's; 1 when there is no prompt ([DEC] is never predicted).</summary>
    public int PromptLength { get; init; } = 1;

    /// <summary>Share of the target spread over the vocabulary, 0–1.</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => [new Feed("decoder", Decoder, PartKind.TextDecoder)];

    /// <inheritdoc/>
    public override BuiltObjective Build(ParameterScope scope) => new Built(this);

    private sealed class Built(LanguageModellingLoss spec) : BuiltObjective
    {
        public override torch.Tensor Loss(StepGraph graph)
        {
            var batch = graph.Batch;
            var decoder = graph.Part<BuiltTextDecoder>(spec.Decoder!);
            var ids = batch.TokensAfter(batch.Special.Decode); // (B, T)
            var states = decoder.Transformer.Forward(ids, batch.Mask, decoder.Memory(graph), causal: true, graph.Pass(spec.Name));
            var targets = ids.MaskedFill(batch.Mask.EqualTo(0), BuiltTextDecoder.Ignored);
            targets.narrow(1, 0, spec.PromptLength).Fill(BuiltTextDecoder.Ignored);
            var last = ids.shape[1] - 1;
            var logits = decoder.Head.Forward(states.narrow(1, 0, last)); // (B, T - 1, V)
            graph.Settings.Observe?.Invoke($"{spec.Name}/logits", logits);
            return torch.nn.functional.cross_entropy(
                logits.reshape(batch.Count * last, -1), targets.narrow(1, 1, last).reshape(-1), ignore_index: BuiltTextDecoder.Ignored, label_smoothing: spec.LabelSmoothing);
        }
    }
}
