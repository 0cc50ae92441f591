using System.Collections.Immutable;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training;

/// <summary>What a slot of a step came to.</summary>
/// <param name="Slot">Its index.</param>
/// <param name="Losses">Its losses by objective.</param>
/// <param name="IsFinite">Whether losses and gradient are.</param>
/// <param name="SampleIds">Its samples; see <see cref="SlotReport.SampleIds"/>.</param>
public sealed record PlainSlot(int Slot, ImmutableArray<SlotLoss> Losses, bool IsFinite, ImmutableArray<long> SampleIds);
