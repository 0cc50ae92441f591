using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Weights;

/// <summary>Values of tensors that no checkpoint gives.</summary>
internal static class Initialization
{
    /// <summary>The initial values of a tensor, float32 on the CPU whatever the model's device, a function of (seed, name, shape).</summary>
    public static torch.Tensor Values(ModelParameter parameter, ulong seed)
    {
        using var scope = torch.NewDisposeScope();
        var values = torch.empty([.. parameter.Shape], torch.ScalarType.Float32);
        using var generator = new SlotRandom(seed, step: -1, slot: 0).At(parameter.Name, torch.CPU);
        values = parameter.Initializer switch
        {
            Initializer.Constant constant => values.Fill(constant.Value),
            Initializer.Normal normal => values.normal_(0, normal.StandardDeviation, generator),
            // The reference cuts at ±2 absolute, which for its 0.02 is never reached; clamping is the same there and cheap.
            Initializer.TruncatedNormal normal => values.normal_(0, normal.StandardDeviation, generator).ClampInPlace(-2, 2),
            Initializer.FanIn fanIn => values.uniform_(-1 / Math.Sqrt(fanIn.Inputs), 1 / Math.Sqrt(fanIn.Inputs), generator),
            _ => throw new InvalidOperationException($"Parameter '{parameter.Name}' has an unknown initializer {parameter.Initializer.GetType().Name}."),
        };
        return values.MoveToOuterDisposeScope();
    }
}
