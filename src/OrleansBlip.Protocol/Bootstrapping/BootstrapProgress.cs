using System.Collections.Immutable;

namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A job's status and what happened lately.</summary>
[GenerateSerializer, Immutable, Alias("blip.BootstrapProgress")]
public sealed record BootstrapProgress
{
    /// <summary>Where the job stands.</summary>
    [Id(0)] public required BootstrapStatus Status { get; init; }

    /// <summary>Events, oldest first; those before the job's window are missing.</summary>
    [Id(1)] public required ImmutableArray<BootstrapEvent> Events { get; init; }
}
