using System.Collections.Immutable;
using OrleansBlip.Model.Objectives;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Slots;

/// <summary>What a slot's computation tells beside its gradient.</summary>
public sealed record SlotResult
{
    /// <summary>Losses by objective, in the composition's order.</summary>
    public required ImmutableArray<SlotLoss> Losses { get; init; }

    /// <summary>Momentum features for the queue; null for a model without one.</summary>
    public SlotFeatures? Features { get; init; }

    /// <summary>The samples of the slot, to name them if something is not finite; see <see cref="SlotReport.SampleIds"/>.</summary>
    public ImmutableArray<long> SampleIds { get; init; } = [];
}
