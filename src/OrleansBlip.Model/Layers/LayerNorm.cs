using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Layers;

/// <summary>Layer normalisation over the last dimension; names <c>weight</c> and <c>bias</c>.</summary>
internal sealed class LayerNorm(ParameterScope scope, long width, double epsilon)
{
    private readonly ModelParameter _weight = scope.Declare("weight", [width], Initializer.Ones);
    private readonly ModelParameter _bias = scope.Declare("bias", [width], Initializer.Zeros);
    private readonly long[] _shape = [width];

    public IReadOnlyCollection<ModelParameter> Parameters => [_weight, _bias];

    public torch.Tensor Forward(torch.Tensor x) => torch.nn.functional.layer_norm(x, _shape, _weight.Tensor, _bias.Tensor, epsilon);
}
