using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>What a step is given beside its samples; all of it a function of (run, step, slot).</summary>
public sealed record StepSettings
{
    /// <summary>Weight α of the momentum model's soft targets in ITC, 0–1 (BLIP §3.2).</summary>
    public double Alpha { get; init; }

    /// <summary>Earlier momentum features; null: none.</summary>
    public QueueTensors? Queue { get; init; }

    /// <summary>The slot's randomness; null: nothing is dropped, and hard negatives cannot be drawn.</summary>
    public SlotRandom? Random { get; init; }

    /// <summary>Draws one column of each row by weight; null: by <see cref="Random"/>. Sites: <c>itm/image</c> and <c>itm/text</c>.</summary>
    public Func<string, torch.Tensor, torch.Tensor>? DrawNegatives { get; init; }

    /// <summary>Called with the name and value of inner activations; null: nobody watches.</summary>
    public Action<string, torch.Tensor>? Observe { get; init; }
}
