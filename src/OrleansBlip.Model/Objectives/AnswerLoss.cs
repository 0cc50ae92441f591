using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Objectives;

/// <summary>
/// Visual question answering as generation (BLIP §5.3; reference models/blip_vqa.py): the language-modelling loss of each answer, summed over its tokens,
/// weighted by its share of the given answers, and divided by the number of questions. Legend: B questions, A answers, T tokens, V vocabulary.
/// </summary>
public sealed record AnswerLoss(string Name = "vqa") : Objective(Name)
{
    /// <summary>The decoder, fed by the encoder of the questions.</summary>
    public string? Decoder { get; init; }

    /// <summary>Share of the target spread over the vocabulary, 0–1.</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => [new Feed("decoder", Decoder, PartKind.TextDecoder)];

    /// <inheritdoc/>
    public override BuiltObjective Build(ParameterScope scope) => new Built(this);

    private sealed class Built(AnswerLoss spec) : BuiltObjective
    {
        public override torch.Tensor Loss(StepGraph graph)
        {
            var answers = graph.Batch.Answers ?? throw new CompositionException($"Objective '{spec.Name}' needs answers, but the batch has none.");
            var decoder = graph.Part<BuiltTextDecoder>(spec.Decoder!);
            var ids = StepBatch.Frame(answers.Tokens, graph.Batch.Special.Decode); // (A, T)
            var losses = decoder.Losses(ids, answers.Mask, decoder.Memory(graph).Select(answers.Questions), spec.LabelSmoothing, graph.Pass(spec.Name)); // (A)
            graph.Settings.Observe?.Invoke($"{spec.Name}/losses", losses);
            return (losses * answers.Weights).sum().Times(1.0 / graph.Batch.Count);
        }
    }
}
