using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Layers;

/// <summary>y = x Wᵀ + b; names <c>weight</c> (outputs, inputs) and <c>bias</c> (outputs).</summary>
internal sealed class Linear(ParameterScope scope, long inputs, long outputs, Initializer initializer)
{
    public ModelParameter Weight { get; } = scope.Declare("weight", [outputs, inputs], initializer);

    public ModelParameter Bias { get; } = scope.Declare("bias", [outputs], Initializer.Zeros);

    public IReadOnlyCollection<ModelParameter> Parameters => [Weight, Bias];

    public torch.Tensor Forward(torch.Tensor x) => torch.nn.functional.linear(x, Weight.Tensor, Bias.Tensor); // (…, inputs) -> (…, outputs)
}
