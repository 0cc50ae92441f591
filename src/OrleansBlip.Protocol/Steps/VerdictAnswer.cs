namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard's answer to a verdict.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Digest">XxHash3 of the version that stands once it is done, where the shard is backed up or is a backup: owner and backup must agree on it.</param>
[GenerateSerializer, Immutable, Alias("blip.VerdictAnswer")]
public readonly record struct VerdictAnswer([property: Id(0)] VerdictOutcome Outcome, [property: Id(1)] ulong Digest);
