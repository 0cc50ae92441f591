namespace OrleansBlip.Protocol.Steps;

/// <summary>A trainer asks a shard for its part of a version of the parameters.</summary>
[GenerateSerializer, Immutable, Alias("blip.PullRequest")]
public sealed record PullRequest
{
    /// <summary>The trainer's view.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The version wanted: that of the step to be computed.</summary>
    [Id(1)] public required StepNumber Version { get; init; }
}
