using OrleansBlip.Model.Vision;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>A ViT over the batch's images; its value is (B, N, D).</summary>
public sealed record VisionEncoder(string Name, VisionSpec Vision) : Part(Name)
{
    /// <inheritdoc/>
    public override PartKind Kind => PartKind.ImageTokens;

    /// <inheritdoc/>
    public override int OutputWidth => Vision.Width;

    /// <inheritdoc/>
    public override BuiltPart Build(ParameterScope scope, Composition composition) => new Built(new VisionTransformer(Vision, scope));

    private sealed class Built(VisionTransformer transformer) : BuiltPart
    {
        public override torch.Tensor Evaluate(StepGraph graph) => transformer.Forward(graph.Batch.Images, graph.Pass("vision"));
    }
}
