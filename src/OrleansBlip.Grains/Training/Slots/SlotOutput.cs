using System.Collections.Immutable;
using OrleansBlip.Grains.Training.Reduction;
using OrleansBlip.Protocol.Steps;
using OrleansBlip.Protocol.Wire;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>A computed slot in the protocol's words.</summary>
/// <param name="Report">What it tells those who watch.</param>
/// <param name="Features">Its features; null for a model without a queue.</param>
/// <param name="SampleIds">Its samples; see <see cref="SlotReport.SampleIds"/>.</param>
internal sealed record SlotOutput(SlotReport Report, FeatureBlock? Features, ImmutableArray<long> SampleIds)
{
    /// <summary>Computes a slot into <paramref name="gradient"/> and checks that all of it is finite; null when its step is over. Runs on the device's thread.</summary>
    public static SlotOutput? Compute(ISlotComputer computer, StepNumber step, int slot, float[] gradient, Action<long, long>? completed = null)
    {
        if (computer.Compute(step, slot, gradient, completed) is not { } result) return null;
        bool finite = result.Losses.All(loss => double.IsFinite(loss.Value)) && GradientSum.IsFinite(gradient);
        var report = new SlotReport { Slot = slot, Losses = result.Losses, Finite = finite, SampleIds = finite ? [] : result.SampleIds };
        var features = result.Features is { } found
            ? new FeatureBlock { Slot = slot, Image = new FloatBlock(found.Images), Text = new FloatBlock(found.Texts), Ids = found.Ids }
            : null;
        return new(report, features, result.SampleIds);
    }

    /// <summary>The mean of each loss over the slots, in slot order.</summary>
    public static ImmutableArray<SlotLoss> MeanLosses(ImmutableArray<SlotReport> reports)
    {
        if (reports.IsEmpty) return [];
        return [.. reports[0].Losses.Select((loss, i) => new SlotLoss(loss.Name, reports.Sum(report => report.Losses[i].Value) / reports.Length))];
    }
}
