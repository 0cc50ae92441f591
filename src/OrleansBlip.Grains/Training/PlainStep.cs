using System.Collections.Immutable;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training;

/// <summary>What a step of the plain loop came to.</summary>
/// <param name="Losses">Means over the slots.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Slots">The slots, in order; none where an amendment leaves the step out.</param>
public sealed record PlainStep(ImmutableArray<SlotLoss> Losses, Verdict Verdict, ImmutableArray<PlainSlot> Slots);
