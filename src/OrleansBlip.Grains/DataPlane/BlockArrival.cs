using OrleansBlip.Grains.Training.Reduction;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>A sum comes with its memory, which the shard may keep.</summary>
/// <param name="Memory">The memory, which the shard lets go when it does not keep it, or needs it no more.</param>
/// <param name="Checksum">XxHash3 of the numbers that came over the wire; null where they did not, and nobody has computed it.</param>
internal sealed record BlockArrival(SumMemory Memory, ulong? Checksum = null);
