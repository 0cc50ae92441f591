using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Objectives;

/// <summary>Cross-entropy of a class of each text beside its image or images, read at [ENC]. Legend: B samples, D width, K classes.</summary>
public sealed record ClassificationLoss(string Name = "classification") : Objective(Name)
{
    /// <summary>The image-grounded text encoder.</summary>
    public string? Encoder { get; init; }

    /// <summary>The classifier of its first state.</summary>
    public string? Classifier { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => [new Feed("encoder", Encoder, PartKind.TextEncoder), new Feed("classifier", Classifier, PartKind.Head)];

    /// <inheritdoc/>
    public override void Validate(Composition composition) => composition.RequireHeadOf(this, Encoder!, Classifier!);

    /// <inheritdoc/>
    public override BuiltObjective Build(ParameterScope scope) => new Built(this);

    private sealed class Built(ClassificationLoss spec) : BuiltObjective
    {
        public override torch.Tensor Loss(StepGraph graph)
        {
            var labels = graph.Batch.Labels ?? throw new CompositionException($"Objective '{spec.Name}' needs labels, but the batch has none.");
            var first = graph.Part<BuiltTextEncoder>(spec.Encoder!).GroundedFirst(graph); // (B, D)
            var logits = graph.Part<BuiltHead>(spec.Classifier!).Logits(first); // (B, K)
            graph.Settings.Observe?.Invoke($"{spec.Name}/logits", logits);
            return torch.nn.functional.cross_entropy(logits, labels);
        }
    }
}
