using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Objectives;

/// <summary>
/// Image-text contrast, ITC (BLIP §3.2, after ALBEF): features against the batch's momentum features and the queue, with soft targets from the momentum
/// model. With <see cref="ById"/>, captions of the same image are positives of each other (reference models/blip_retrieval.py).
/// Legend: B samples, K queue entries, d feature width.
/// </summary>
public sealed record ContrastiveLoss(string Name = "itc") : Objective(Name)
{
    private const double TemperatureMin = 0.001, TemperatureMax = 0.5;

    /// <summary>The feature of images; must have a momentum copy.</summary>
    public string? Image { get; init; }

    /// <summary>The feature of texts; must have a momentum copy.</summary>
    public string? Text { get; init; }

    /// <summary>Whether samples with the same image id are positives of each other.</summary>
    public bool ById { get; init; }

    /// <summary>The temperature at the start, 0.001–0.5; it is learned.</summary>
    public double InitialTemperature { get; init; } = 0.07;

    /// <inheritdoc/>
    public override PartKind Kind => PartKind.Contrast;

    /// <inheritdoc/>
    public override IEnumerable<Feed> Feeds => [new Feed("image", Image, PartKind.Feature), new Feed("text", Text, PartKind.Feature)];

    /// <inheritdoc/>
    public override void Validate(Composition composition)
    {
        foreach (var name in new[] { Image!, Text! })
            if (!composition.Momentum.Contains(name))
                throw new CompositionException($"Composition '{composition.Name}': objective '{Name}' compares with momentum features of '{name}', which has no momentum copy. Add it, and the parts that feed it, to Momentum.");
        var (image, text) = (composition[Image!].OutputWidth, composition[Text!].OutputWidth);
        if (image != text) throw new CompositionException($"Composition '{composition.Name}': objective '{Name}' compares '{Image}', {image} wide, with '{Text}', {text} wide.");
    }

    /// <inheritdoc/>
    /// <exception cref="CompositionException">The temperature is out of its range.</exception>
    public override BuiltObjective Build(ParameterScope scope)
    {
        if (!(InitialTemperature >= TemperatureMin && InitialTemperature <= TemperatureMax))
            throw new CompositionException($"The initial temperature of '{Name}' is {InitialTemperature}; it must be {TemperatureMin} to {TemperatureMax}.");
        return new Built(this, scope.Declare("temp", [], new Initializer.Constant(InitialTemperature), bounds: (TemperatureMin, TemperatureMax)));
    }

    private sealed class Built(ContrastiveLoss spec, ModelParameter temperature) : BuiltObjective
    {
        public override torch.Tensor Loss(StepGraph graph)
        {
            var outcome = graph.Keep(spec.Name, () => Compare(graph));
            return CrossEntropy(outcome.ImageToText, outcome.ImageTargets).Plus(CrossEntropy(outcome.TextToImage, outcome.TextTargets)).Times(0.5);
        }

        private ContrastiveOutcome Compare(StepGraph graph)
        {
            var (image, text) = (graph.Value(spec.Image!), graph.Value(spec.Text!)); // (B, d)
            torch.Tensor imageMomentum, textMomentum, imageColumns, textColumns, imageTargets, textTargets;
            using (torch.no_grad())
            {
                (imageMomentum, textMomentum) = (graph.Momentum.Value(spec.Image!), graph.Momentum.Value(spec.Text!)); // (B, d)
                (imageColumns, textColumns) = (Columns(imageMomentum, graph.Settings.Queue?.Images), Columns(textMomentum, graph.Settings.Queue?.Texts)); // (d, B + K)
                var positives = Positives(graph, image.dtype);
                imageTargets = SoftTargets(torch.matmul(imageMomentum, textColumns), positives, graph.Settings.Alpha);
                textTargets = SoftTargets(torch.matmul(textMomentum, imageColumns), positives, graph.Settings.Alpha);
            }
            var imageToText = torch.matmul(image, textColumns) / temperature.Tensor; // (B, B + K)
            var textToImage = torch.matmul(text, imageColumns) / temperature.Tensor;
            return new ContrastiveOutcome(image, text, imageMomentum, textMomentum, imageToText, textToImage, imageTargets, textTargets, temperature.Tensor);
        }

        private static torch.Tensor Columns(torch.Tensor features, torch.Tensor? queue) => queue is null ? features.t() : torch.cat([features.t(), queue], 1);

        private torch.Tensor SoftTargets(torch.Tensor similarities, torch.Tensor positives, double alpha) =>
            (similarities / temperature.Tensor).softmax(1).TimesInPlace(alpha).PlusInPlace(positives, 1 - alpha);

        // Each row sums to 1: one positive, or all samples and queue entries of the same image.
        private torch.Tensor Positives(StepGraph graph, torch.ScalarType dtype)
        {
            var (batch, queue) = (graph.Batch, graph.Settings.Queue);
            var columns = batch.Count + (queue?.Images.shape[1] ?? 0);
            if (!spec.ById) return torch.eye(batch.Count, columns, dtype, batch.Images.device);
            var ids = queue is null ? batch.ImageIds : torch.cat([batch.ImageIds, queue.ImageIds], 0);
            var same = batch.ImageIds.unsqueeze(1).eq(ids.unsqueeze(0)).to(dtype); // (B, B + K)
            return same / same.sum(1, keepdim: true);
        }

        private static torch.Tensor CrossEntropy(torch.Tensor similarities, torch.Tensor targets) => -(similarities.log_softmax(1) * targets).sum(1).mean();
    }
}
