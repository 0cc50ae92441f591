using TorchSharp;

namespace OrleansBlip.Model.Compositions;

/// <summary>A loss of a built model.</summary>
public abstract class BuiltObjective
{
    /// <summary>The loss of the batch of <paramref name="graph"/>, a scalar.</summary>
    public abstract torch.Tensor Loss(StepGraph graph);
}
