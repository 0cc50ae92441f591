using TorchSharp;

namespace OrleansBlip.Model.Layers;

/// <summary>
/// One run of modules over one batch: whether dropout and drop path are active, where their randomness comes from, and who watches.
/// </summary>
/// <param name="Name">Tells runs of the same module apart (text, itm, lm …); part of every random site.</param>
/// <param name="Random">Null: evaluation, nothing is dropped.</param>
/// <param name="Observe">Called with the name and value of inner activations and attention probabilities; null: nobody watches (and the fused attention is used).</param>
public sealed record Pass(string Name, SlotRandom? Random = null, Action<string, torch.Tensor>? Observe = null)
{
    /// <summary>
    /// Takes pieces of the backward pass, which are run after the rest, last in first out; null where nobody would. A module that recomputes its activations, or whose
    /// gradients others need not wait for, leaves its own backward pass here.
    /// </summary>
    public Action<BackwardPiece>? AfterBackward { get; init; }

    /// <summary>A run without dropout.</summary>
    public static Pass Evaluation { get; } = new("evaluation");

    /// <summary>Zeroes elements with probability <paramref name="rate"/> and scales the others by 1/(1 − rate).</summary>
    public torch.Tensor Dropout(torch.Tensor x, double rate, string site)
    {
        if (Random is null || rate == 0) return x;
        using var scope = torch.NewDisposeScope();
        var mask = Random.Uniform($"{Name}/{site}", x.shape, torch.ScalarType.Float32, x.device).AtLeast(rate).to(x.dtype).TimesInPlace(1 / (1 - rate));
        return (x * mask).MoveToOuterDisposeScope();
    }

    /// <summary>Zeroes whole samples (first dimension) with probability <paramref name="rate"/> and scales the others by 1/(1 − rate).</summary>
    public torch.Tensor DropPath(torch.Tensor x, double rate, string site)
    {
        if (Random is null || rate == 0) return x;
        using var scope = torch.NewDisposeScope();
        Span<long> shape = stackalloc long[(int)x.dim()];
        shape.Fill(1);
        shape[0] = x.shape[0];
        var mask = Random.Uniform($"{Name}/{site}", shape, torch.ScalarType.Float32, x.device).AtLeast(rate).to(x.dtype).TimesInPlace(1 / (1 - rate));
        return (x * mask).MoveToOuterDisposeScope();
    }
}
