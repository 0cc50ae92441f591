using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>A classifier of a built model.</summary>
public sealed class BuiltHead : BuiltPart
{
    private readonly Linear _linear;

    internal BuiltHead(Linear linear) => _linear = linear;

    /// <summary>(…, D) → (…, classes), logits.</summary>
    public torch.Tensor Logits(torch.Tensor states) => _linear.Forward(states);
}
