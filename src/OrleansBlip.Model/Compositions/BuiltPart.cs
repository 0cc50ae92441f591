using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>A module of a built model.</summary>
public abstract class BuiltPart
{
    /// <summary>The part's value for the batch of <paramref name="graph"/>; called once a step, the graph keeps it for all that need it.</summary>
    /// <exception cref="CompositionException">The part has no value of its own (a head, a decoder): objectives call it.</exception>
    public virtual torch.Tensor Evaluate(StepGraph graph) => throw new CompositionException($"{GetType().Name} has no value of its own.");

    /// <summary>What a cross-attention looks at, (B, N, D), and which of its tokens count, (B, N); no mask: all of them.</summary>
    internal virtual (torch.Tensor Tokens, torch.Tensor? Mask) Seen(StepGraph graph, string name) => (graph.Value(name), null);

    /// <summary>The first token of the value alone, (B, D), where it is cheaper than the value; null: cut it from the value, which others read whole.</summary>
    public virtual torch.Tensor? EvaluateFirst(StepGraph graph) => null;
}
