using System.Collections.Immutable;
using OrleansBlip.Protocol.Bootstrapping;

namespace OrleansBlip.Grains.Bootstrapping;

/// <summary>What is durable of a job. Captions and scores are files; this is what tells which of them count.</summary>
[GenerateSerializer, Immutable, Alias("blip.BootstrapRecord")]
internal sealed record BootstrapRecord
{
    /// <summary>What was asked for; null before the start.</summary>
    [Id(0)] public BootstrapRequest? Request { get; init; }

    /// <summary>Where the job stands.</summary>
    [Id(1)] public BootstrapState State { get; init; }

    /// <summary>The phase at work, or to go on with.</summary>
    [Id(2)] public BootstrapStage Stage { get; init; } = BootstrapStage.First;

    /// <summary>What each round has brought forth.</summary>
    [Id(3)] public ImmutableArray<BootstrapRound> Rounds { get; init; } = [];

    /// <summary>The latest events.</summary>
    [Id(4)] public ImmutableArray<BootstrapEvent> Events { get; init; } = [];

    /// <summary>What went wrong last.</summary>
    [Id(5)] public string? Problem { get; init; }

    /// <summary>The round at work.</summary>
    public BootstrapRound Round => Rounds[Stage.Round - 1];
}
