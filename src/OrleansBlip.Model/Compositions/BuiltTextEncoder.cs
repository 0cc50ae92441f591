using OrleansBlip.Model.Text;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>A text encoder of a built model.</summary>
public sealed class BuiltTextEncoder : BuiltPart
{
    private readonly string? _image;
    private readonly bool _isReadWhole;
    private readonly bool _readsContext;

    internal BuiltTextEncoder(TextTransformer transformer, string? image, bool isReadWhole, bool readsContext)
    {
        Transformer = transformer;
        _image = image;
        _isReadWhole = isReadWhole;
        _readsContext = readsContext;
    }

    internal TextTransformer Transformer { get; }

    /// <inheritdoc/>
    public override torch.Tensor Evaluate(StepGraph graph)
    {
        var (tokens, mask) = Texts(graph);
        return Transformer.Forward(StepBatch.Frame(tokens, graph.Batch.Special.Class), mask, memory: null, causal: false, graph.Pass("text"));
    }

    /// <inheritdoc/>
    public override torch.Tensor? EvaluateFirst(StepGraph graph)
    {
        if (_isReadWhole) return null;
        var (tokens, mask) = Texts(graph);
        return Transformer.ForwardFirst(StepBatch.Frame(tokens, graph.Batch.Special.Class), mask, memory: null, graph.Pass("text"));
    }

    /// <summary>States of the batch's texts after [ENC], grounded in the batch's images, (B, T, D): the multimodal feature.</summary>
    public torch.Tensor Grounded(StepGraph graph) => graph.Keep((this, "grounded"), () =>
    {
        var (tokens, mask) = Texts(graph);
        return Transformer.Forward(StepBatch.Frame(tokens, graph.Batch.Special.Encode), mask, Memory(graph), causal: false, graph.Pass("grounded"));
    });

    /// <summary>The first of them alone, (B, D).</summary>
    internal torch.Tensor GroundedFirst(StepGraph graph)
    {
        var (tokens, mask) = Texts(graph);
        return Transformer.ForwardFirst(StepBatch.Frame(tokens, graph.Batch.Special.Encode), mask, Memory(graph), graph.Pass("grounded"));
    }

    // A decoder answers a question that has been read beside its image.
    internal override (torch.Tensor Tokens, torch.Tensor? Mask) Seen(StepGraph graph, string name) =>
        (_image is null ? graph.Value(name) : Grounded(graph), Texts(graph).Mask);

    internal ImageMemory Memory(StepGraph graph) => graph.Memory(Transformer, _image);

    private (torch.Tensor Tokens, torch.Tensor Mask) Texts(StepGraph graph)
    {
        if (!_readsContext) return (graph.Batch.Tokens, graph.Batch.Mask);
        var context = graph.Batch.Context ?? throw new CompositionException("A text encoder reads the texts beside the images, but the batch has none.");
        return (context.Tokens, context.Mask);
    }
}
