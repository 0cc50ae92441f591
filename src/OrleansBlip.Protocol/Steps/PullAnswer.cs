namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard's answer to a pull.</summary>
public sealed record PullAnswer
{
    /// <summary>How the pull ended.</summary>
    public required PullOutcome Outcome { get; init; }

    /// <summary>The parameters, when found.</summary>
    public ParameterBlock? Block { get; init; }
}
