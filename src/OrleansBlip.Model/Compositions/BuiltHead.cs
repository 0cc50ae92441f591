using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>A classifier of a built model.</summary>
public sealed class BuiltHead : BuiltPart
{
    private readonly Linear _output;
    private readonly Linear? _hidden;

    internal BuiltHead(Linear output, Linear? hidden = null)
    {
        _output = output;
        _hidden = hidden;
    }

    /// <summary>(…, D) → (…, classes), logits.</summary>
    public torch.Tensor Logits(torch.Tensor states) => _output.Forward(_hidden is null ? states : torch.nn.functional.relu(_hidden.Forward(states)));
}
