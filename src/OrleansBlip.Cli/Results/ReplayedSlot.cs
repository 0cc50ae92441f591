using System.Collections.Immutable;

namespace OrleansBlip.Cli.Results;

/// <summary>A slot of a step that was computed once more.</summary>
/// <param name="Slot">Its index.</param>
/// <param name="Losses">By objective; null where one is not finite.</param>
/// <param name="IsFinite">Whether losses and gradient are.</param>
/// <param name="SampleIds">Its samples as numbers of pairs in the data set, from 0.</param>
/// <param name="Samples">The same, by picture and text.</param>
internal sealed record ReplayedSlot(int Slot, IReadOnlyDictionary<string, double?> Losses, bool IsFinite, ImmutableArray<long> SampleIds, ImmutableArray<ReplayedSample> Samples);
