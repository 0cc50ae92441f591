using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Objectives;

/// <summary>
/// Image-text matching, ITM (BLIP §3.2): is this the text of this image? Each sample meets, beside its own, a hard negative image and a hard negative
/// text, drawn by ITC's similarity. Legend: B samples, T tokens, D width.
/// </summary>
/// <remarks>A sample without any candidate (one sample in the slot, or one image id) gives no negative, where the reference crashes.</remarks>
public sealed record MatchingLoss(string Name = "itm") : Objective(Name)
{
    /// <summary>The image-grounded text encoder.</summary>
    public string? Encoder { get; init; }

    /// <summary>The classifier of its first state; class 1 is a match.</summary>
    public string? Head { get; init; }

    /// <summary>The <see cref="ContrastiveLoss"/> before it whose similarities weigh the negatives.</summary>
    public string? HardNegatives { get; init; }

    /// <summary>
    /// Pre-training weighs negatives by similarity to momentum features plus 1e-4, excluding the sample itself; retrieval finetuning by online features
    /// without that floor, excluding all samples of the same image.
    /// </summary>
    public bool ById { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds =>
    [
        new Feed("encoder", Encoder, PartKind.TextEncoder),
        new Feed("head", Head, PartKind.Head),
        new Feed("hard negatives", HardNegatives, PartKind.Contrast),
    ];

    /// <inheritdoc/>
    public override void Validate(Composition composition)
    {
        composition.RequireHeadOf(this, Encoder!, Head!);
        if (composition[Encoder!] is TextEncoder { SeesTwoImages: true })
            throw new CompositionException($"Composition '{composition.Name}': objective '{Name}' reads each text beside one image, but '{Encoder}' sees two.");
        if (composition[Head!].OutputWidth != 2)
            throw new CompositionException($"Composition '{composition.Name}': objective '{Name}' tells a match from none, but '{Head}' has {composition[Head!].OutputWidth} classes; it needs 2.");
    }

    /// <inheritdoc/>
    public override BuiltObjective Build(ParameterScope scope) => new Built(this);

    private sealed class Built(MatchingLoss spec) : BuiltObjective
    {
        public override torch.Tensor Loss(StepGraph graph)
        {
            var batch = graph.Batch;
            var own = TensorArithmetic.Rows(batch.Count, batch.Tokens.device); // (B)
            torch.Tensor negativeImages, negativeTexts, counts;
            using (torch.no_grad())
            {
                var (textToImage, imageToText) = NegativeWeights(graph); // (B, B)
                negativeImages = Draw(graph, "itm/image", textToImage);
                negativeTexts = Draw(graph, "itm/text", imageToText);
                counts = torch.cat([torch.ones_like(textToImage.select(1, 0)), Any(textToImage), Any(imageToText)], 0); // (3B)
            }
            var texts = torch.cat([own, own, negativeTexts], 0);
            var images = torch.cat([own, negativeImages, own], 0);
            var encoder = graph.Part<BuiltTextEncoder>(spec.Encoder!);
            var ids = batch.TokensAfter(batch.Special.Encode).index_select(0, texts); // (3B, T)
            var mask = batch.Mask.index_select(0, texts);
            var first = encoder.Transformer.ForwardFirst(ids, mask, encoder.Memory(graph).Select(images), graph.Pass(spec.Name)); // (3B, D)
            var logits = graph.Part<BuiltHead>(spec.Head!).Logits(first); // (3B, 2)
            graph.Settings.Observe?.Invoke($"{spec.Name}/logits", logits);
            var labels = torch.cat([torch.ones_like(own), torch.zeros_like(own), torch.zeros_like(own)], 0);
            var losses = torch.nn.functional.cross_entropy(logits, labels, reduction: torch.nn.Reduction.None); // (3B)
            return (losses * counts).sum() / counts.sum();
        }

        private (torch.Tensor TextToImage, torch.Tensor ImageToText) NegativeWeights(StepGraph graph)
        {
            var outcome = graph.Keep<ContrastiveOutcome>(spec.HardNegatives!, () => throw new CompositionException(
                $"Objective '{spec.Name}' draws its negatives by '{spec.HardNegatives}', which has left no contrastive outcome under its name."));
            var count = graph.Batch.Count;
            if (!spec.ById)
            {
                var self = torch.eye(count, dtype: torch.ScalarType.Bool, device: outcome.Image.device);
                return (Pretraining(outcome.TextToImage, count, self), Pretraining(outcome.ImageToText, count, self));
            }
            var ids = graph.Batch.ImageIds;
            var same = ids.unsqueeze(1).eq(ids.unsqueeze(0)); // (B, B)
            var similarities = torch.matmul(outcome.Image, outcome.Text.t()) / outcome.Temperature;
            return (similarities.t().softmax(1).MaskedFill(same, 0.0), similarities.softmax(1).MaskedFill(same, 0.0));
        }

        private static torch.Tensor Pretraining(torch.Tensor similarities, long count, torch.Tensor self) =>
            similarities.narrow(1, 0, count).softmax(1).Plus(1e-4).MaskedFill(self, 0.0);

        private static torch.Tensor Any(torch.Tensor weights) => weights.sum(1).Above(0).to(weights.dtype);

        // One column a row, with probability proportional to its weight: the largest of weight over exponential noise, as multinomial draws one sample.
        private static torch.Tensor Draw(StepGraph graph, string site, torch.Tensor weights)
        {
            if (graph.Settings.DrawNegatives is { } draw) return draw(site, weights);
            var random = graph.Settings.Random ?? throw new InvalidOperationException("Hard negatives need StepSettings.Random or StepSettings.DrawNegatives.");
            var noise = random.Uniform(site, weights.shape, torch.ScalarType.Float64, weights.device).ClampInPlace(1e-300, 1).log_().neg_();
            return (weights.to(torch.ScalarType.Float64) / noise).argmax(1);
        }
    }
}
