using OrleansBlip.Model.Text;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>A text encoder of a built model.</summary>
public sealed class BuiltTextEncoder : BuiltPart
{
    private readonly string? _image;
    private readonly bool _isReadWhole;

    internal BuiltTextEncoder(TextTransformer transformer, string? image, bool isReadWhole)
    {
        Transformer = transformer;
        _image = image;
        _isReadWhole = isReadWhole;
    }

    internal TextTransformer Transformer { get; }

    /// <inheritdoc/>
    public override torch.Tensor Evaluate(StepGraph graph) =>
        Transformer.Forward(graph.Batch.TokensAfter(graph.Batch.Special.Class), graph.Batch.Mask, memory: null, causal: false, graph.Pass("text"));

    /// <inheritdoc/>
    public override torch.Tensor? EvaluateFirst(StepGraph graph) =>
        _isReadWhole ? null : Transformer.ForwardFirst(graph.Batch.TokensAfter(graph.Batch.Special.Class), graph.Batch.Mask, memory: null, graph.Pass("text"));

    /// <summary>States of the batch's texts after [ENC], grounded in the batch's images, (B, T, D): the multimodal feature.</summary>
    public torch.Tensor Grounded(StepGraph graph) =>
        Transformer.Forward(graph.Batch.TokensAfter(graph.Batch.Special.Encode), graph.Batch.Mask, Memory(graph), causal: false, graph.Pass("grounded"));

    internal ImageMemory Memory(StepGraph graph) => graph.Memory(Transformer, _image);
}
