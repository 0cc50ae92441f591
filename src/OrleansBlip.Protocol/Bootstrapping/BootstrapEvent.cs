namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>Something worth telling of a job.</summary>
[GenerateSerializer, Immutable, Alias("blip.BootstrapEvent")]
public sealed record BootstrapEvent
{
    /// <summary>From 0, without gaps over the job's life.</summary>
    [Id(0)] public required long Number { get; init; }

    /// <summary>The phase in which it happened.</summary>
    [Id(1)] public required BootstrapStage Stage { get; init; }

    /// <summary>What happened.</summary>
    [Id(2)] public required string Text { get; init; }
}
