using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Text;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>A text decoder of a built model.</summary>
public sealed class BuiltTextDecoder : BuiltPart
{
    /// <summary>The target of a place that is not predicted.</summary>
    internal const long Ignored = -100;

    private readonly string _source;

    internal BuiltTextDecoder(TextTransformer transformer, LanguageModelHead head, string source)
    {
        Transformer = transformer;
        Head = head;
        _source = source;
    }

    internal TextTransformer Transformer { get; }

    internal LanguageModelHead Head { get; }

    internal ImageMemory Memory(StepGraph graph) => graph.Memory(Transformer, _source);

    /// <summary>
    /// Label-smoothed losses of whole texts, (R): of text r summed over its tokens but the first. Token ids (R, T), mask (R, T), text r looks at row r of the
    /// memory.
    /// </summary>
    internal torch.Tensor Losses(torch.Tensor ids, torch.Tensor mask, ImageMemory memory, double labelSmoothing, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        long rows = ids.shape[0], last = ids.shape[1] - 1;
        var states = Transformer.Forward(ids, mask, memory, causal: true, pass);
        var targets = ids.MaskedFill(mask.EqualTo(0), Ignored).narrow(1, 1, last);
        var logits = Head.Forward(states.narrow(1, 0, last)); // (R, T - 1, V)
        var losses = torch.nn.functional.cross_entropy(
            logits.reshape(rows * last, -1), targets.reshape(-1), ignore_index: Ignored, reduction: torch.nn.Reduction.None, label_smoothing: labelSmoothing);
        return losses.view(rows, last).sum(1).MoveToOuterDisposeScope();
    }
}
