using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>
/// A ViT over the batch's images; its value is (B, N, D). Of videos, (B, F, 3, S, S), it is all frames' tokens, (B, F·N, D), and its first token the mean of
/// the frames' (BLIP §5.6). Legend: B samples, F frames, S image side, N tokens, D width.
/// </summary>
public sealed record VisionEncoder(string Name, VisionSpec Vision) : Part(Name)
{
    /// <inheritdoc/>
    public override PartKind Kind => PartKind.ImageTokens;

    /// <inheritdoc/>
    public override int OutputWidth => Vision.Width;

    /// <inheritdoc/>
    public override BuiltPart Build(ParameterScope scope, Composition composition) => new Built(Name, new VisionTransformer(Vision, scope));

    private sealed class Built(string name, VisionTransformer transformer) : BuiltPart
    {
        public override torch.Tensor Evaluate(StepGraph graph)
        {
            var images = graph.Batch.Images;
            if (images.dim() != 5) return transformer.Forward(images, graph.Pass("vision"));
            var tokens = transformer.Forward(images.flatten(0, 1), graph.Pass("vision")); // (B·F, N, D)
            return tokens.view(images.shape[0], images.shape[1] * tokens.shape[1], tokens.shape[2]);
        }

        public override torch.Tensor? EvaluateFirst(StepGraph graph)
        {
            var images = graph.Batch.Images;
            if (images.dim() != 5) return null;
            var tokens = graph.Value(name);
            return tokens.view(images.shape[0], images.shape[1], -1, tokens.shape[2]).select(2, 0).mean([1]); // (B, D)
        }
    }
}
