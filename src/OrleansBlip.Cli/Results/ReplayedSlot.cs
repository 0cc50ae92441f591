using System.Collections.Immutable;

namespace OrleansBlip.Cli.Results;

/// <summary>A slot of a step that was computed once more.</summary>
/// <param name="Slot">Its index.</param>
/// <param name="Losses">By objective; null where one is not finite.</param>
/// <param name="IsFinite">Whether losses and gradient are.</param>
/// <param name="SampleIds">Its samples.</param>
internal sealed record ReplayedSlot(int Slot, IReadOnlyDictionary<string, double?> Losses, bool IsFinite, ImmutableArray<long> SampleIds);
