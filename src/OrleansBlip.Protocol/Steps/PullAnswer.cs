namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard's answer to a pull.</summary>
[GenerateSerializer, Immutable, Alias("blip.PullAnswer")]
public sealed record PullAnswer
{
    /// <summary>How the pull ended.</summary>
    [Id(0)] public required PullOutcome Outcome { get; init; }

    /// <summary>The parameters, when found.</summary>
    [Id(1)] public ParameterBlock? Block { get; init; }
}
