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
    public torch.Tensor Grounded(StepGraph graph) => graph.Keep((this, "grounded"), () =>
        Transformer.Forward(graph.Batch.TokensAfter(graph.Batch.Special.Encode), graph.Batch.Mask, Memory(graph), causal: false, graph.Pass("grounded")));

    /// <summary>The first of them alone, (B, D).</summary>
    internal torch.Tensor GroundedFirst(StepGraph graph) =>
        Transformer.ForwardFirst(graph.Batch.TokensAfter(graph.Batch.Special.Encode), graph.Batch.Mask, Memory(graph), graph.Pass("grounded"));

    // A decoder answers a question that has been read beside its image.
    internal override (torch.Tensor Tokens, torch.Tensor? Mask) Seen(StepGraph graph, string name) =>
        (_image is null ? graph.Value(name) : Grounded(graph), graph.Batch.Mask);

    internal ImageMemory Memory(StepGraph graph) => graph.Memory(Transformer, _image);
}
