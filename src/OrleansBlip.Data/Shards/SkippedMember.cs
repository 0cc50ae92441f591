namespace OrleansBlip.Data.Shards;

/// <summary>A member that belongs to no sample.</summary>
/// <param name="Name">Its name in the archive.</param>
/// <param name="Reason">Why it is skipped.</param>
public sealed record SkippedMember(string Name, string Reason);
