namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard stands open at a version, or says why it cannot.</summary>
[GenerateSerializer, Immutable, Alias("blip.ShardOpened")]
public sealed record ShardOpened
{
    /// <summary>The assignment's view.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The shard.</summary>
    [Id(1)] public required ShardIndex Shard { get; init; }

    /// <summary>The version it holds; null when it was to be found in memory and is not.</summary>
    [Id(2)] public StepNumber? Version { get; init; }

    /// <summary>Why it cannot be opened; null when it can.</summary>
    [Id(3)] public string? Problem { get; init; }

    /// <summary>Whether it is the backup.</summary>
    [Id(4)] public bool IsBackup { get; init; }

    /// <summary>As <see cref="VerdictAnswer.Digest"/>, of the version it holds.</summary>
    [Id(5)] public ulong Digest { get; init; }
}
