using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

/// <summary>A part whose value is a given tensor: for cases that start from image tokens instead of pixels.</summary>
internal sealed record GivenTokens(string Name, torch.Tensor Tokens) : Part(Name)
{
    public override PartKind Kind => PartKind.ImageTokens;

    public override int OutputWidth => (int)Tokens.shape[2];

    public override BuiltPart Build(ParameterScope scope, Composition composition) => new Built(Tokens);

    private sealed class Built(torch.Tensor tokens) : BuiltPart
    {
        public override torch.Tensor Evaluate(StepGraph graph) => tokens;
    }
}
