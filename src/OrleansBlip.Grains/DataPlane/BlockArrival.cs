using OrleansBlip.Grains.Training.Reduction;

namespace OrleansBlip.Grains.DataPlane;

/// <summary>What is known of a sum that came over the wire.</summary>
/// <param name="Home">Where the buffer comes from that holds it, and goes to when the shard does not keep it.</param>
/// <param name="Checksum">XxHash3 of the numbers that came.</param>
internal sealed record BlockArrival(GradientBuffers Home, ulong Checksum);
