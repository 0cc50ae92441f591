using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Objectives;
using TorchSharp;

namespace OrleansBlip.Model;

/// <summary>The numbers that a step leaves beside its gradient.</summary>
public sealed record StepOutcome
{
    /// <summary>Unweighted losses by objective, in the composition's order.</summary>
    public required IReadOnlyList<KeyValuePair<string, double>> Losses { get; init; }

    /// <summary>The weighted sum.</summary>
    public required double Total { get; init; }

    /// <summary>Momentum features of images (B × d) for the queue; empty without a contrastive objective.</summary>
    public required float[] ImageFeatures { get; init; }

    /// <summary>Momentum features of texts (B × d) for the queue.</summary>
    public required float[] TextFeatures { get; init; }

    internal static StepOutcome Read(IEnumerable<Objective> objectives, torch.Tensor[] losses, torch.Tensor total, StepGraph graph)
    {
        var contrast = objectives.OfType<ContrastiveLoss>().FirstOrDefault();
        var outcome = contrast is null ? null : graph.Keep<ContrastiveOutcome>(contrast.Name, () => throw new InvalidOperationException("The contrastive objective was not computed."));
        return new StepOutcome
        {
            Losses = [.. objectives.Zip(losses, (objective, loss) => KeyValuePair.Create(objective.Name, loss.Number()))],
            Total = total.Number(),
            ImageFeatures = Floats(outcome?.ImageMomentum),
            TextFeatures = Floats(outcome?.TextMomentum),
        };
    }

    private static float[] Floats(torch.Tensor? features) => features is null ? [] : features.to(torch.ScalarType.Float32).ToManaged<float>();
}
