using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Grains.Training.Steps;

/// <summary>A shard as it stands open at its owner or its backup.</summary>
/// <param name="Replica">Which.</param>
/// <param name="Version">The version it holds.</param>
/// <param name="Digest">That version's digest; matters where there are backups.</param>
internal readonly record struct OpenReplica(ShardReplica Replica, StepNumber Version, ulong Digest = 0);
