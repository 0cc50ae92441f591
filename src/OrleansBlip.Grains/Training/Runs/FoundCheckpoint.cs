using System.Collections.Immutable;
using OrleansBlip.Protocol.Runs;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>A checkpoint of the run that can be restored.</summary>
/// <param name="Folder">Where it is, if not in the run's own folder.</param>
/// <param name="Name">Its manifest's name.</param>
/// <param name="Version">Steps done.</param>
/// <param name="Profile">What computed it; null where nobody said.</param>
/// <param name="Amendments">Steps that the run leaves out.</param>
internal sealed record FoundCheckpoint(string? Folder, string Name, StepNumber Version, NumericProfile? Profile, ImmutableArray<Amendment> Amendments);
