using System.Collections.Immutable;
using OrleansBlip.Protocol.Runs;

namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>Where a job stands.</summary>
[GenerateSerializer, Immutable, Alias("blip.BootstrapStatus")]
public sealed record BootstrapStatus
{
    /// <summary>The state.</summary>
    [Id(0)] public required BootstrapState State { get; init; }

    /// <summary>The phase at work; of a job at rest, the one to go on with.</summary>
    [Id(1)] public required BootstrapStage Stage { get; init; }

    /// <summary>The training run of this phase, to ask for its own progress; null in other phases.</summary>
    [Id(2)] public RunId? TrainingRun { get; init; }

    /// <summary>Pictures captioned or filtered in this phase.</summary>
    [Id(3)] public required int PicturesDone { get; init; }

    /// <summary>Pictures of this phase; 0 where it has none, or has not looked yet.</summary>
    [Id(4)] public required int PictureCount { get; init; }

    /// <summary>What each round has brought forth.</summary>
    [Id(5)] public required ImmutableArray<BootstrapRound> Rounds { get; init; }

    /// <summary>What went wrong last and what to do; null when nothing did.</summary>
    [Id(6)] public string? Problem { get; init; }

    /// <summary>What it waits for and cannot go on without, such as a storage that is away; null when nothing.</summary>
    [Id(7)] public string? Waits { get; init; }

    /// <summary>Whether the job does nothing by itself.</summary>
    public bool IsAtRest => State is not (BootstrapState.Running or BootstrapState.Pausing or BootstrapState.Stopping);
}
