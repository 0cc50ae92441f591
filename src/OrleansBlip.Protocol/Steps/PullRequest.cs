namespace OrleansBlip.Protocol.Steps;

/// <summary>A trainer asks a shard for its part of a version of the parameters.</summary>
public sealed record PullRequest
{
    /// <summary>The trainer's view.</summary>
    public required ViewNumber View { get; init; }

    /// <summary>The version wanted: that of the step to be computed.</summary>
    public required StepNumber Version { get; init; }
}
