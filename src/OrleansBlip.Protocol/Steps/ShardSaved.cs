using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard has written and verified its part of a checkpoint, or could not.</summary>
[GenerateSerializer, Immutable, Alias("blip.ShardSaved")]
public sealed record ShardSaved
{
    /// <summary>The view under which the version was made.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The version saved.</summary>
    [Id(1)] public required StepNumber Version { get; init; }

    /// <summary>The shard.</summary>
    [Id(2)] public required ShardIndex Shard { get; init; }

    /// <summary>What it has written; empty where it could not.</summary>
    [Id(3)] public ImmutableArray<SavedObject> Objects { get; init; } = [];

    /// <summary>Why it could not be written; null when it was.</summary>
    [Id(4)] public string? Problem { get; init; }
}
