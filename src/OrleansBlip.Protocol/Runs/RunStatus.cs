using System.Collections.Immutable;
using OrleansBlip.Protocol.Steps;

namespace OrleansBlip.Protocol.Runs;

/// <summary>Where a run stands.</summary>
[GenerateSerializer, Immutable, Alias("blip.RunStatus")]
public sealed record RunStatus
{
    /// <summary>The state.</summary>
    [Id(0)] public required RunState State { get; init; }

    /// <summary>The next step: all before it are decided.</summary>
    [Id(1)] public required StepNumber Step { get; init; }

    /// <summary>Steps of the run; 0 before it is started.</summary>
    [Id(2)] public required long Steps { get; init; }

    /// <summary>The highest view.</summary>
    [Id(3)] public required ViewNumber View { get; init; }

    /// <summary>Trainers that take part now.</summary>
    [Id(4)] public required int TrainerCount { get; init; }

    /// <summary>The newest committed checkpoint's folder; null when there is none.</summary>
    [Id(5)] public string? Checkpoint { get; init; }

    /// <summary>Hash of the weights of the newest committed checkpoint, once the run is paused, stopped or completed.</summary>
    [Id(6)] public string? WeightsSha256 { get; init; }

    /// <summary>What went wrong last and what to do; null when nothing did.</summary>
    [Id(7)] public string? Problem { get; init; }

    /// <summary>What it waits for and cannot go on without, such as a storage that is away, or room for the checkpoint that it is to end with; null when nothing.</summary>
    [Id(8)] public string? Waits { get; init; }

    /// <summary>Steps that were left out and slots in quarantine, in the order in which that was decided.</summary>
    [Id(9)] public ImmutableArray<Amendment> Amendments { get; init; } = [];

    /// <summary>What somebody should look at although the run goes on; null when nothing.</summary>
    [Id(10)] public string? Alarm { get; init; }

    /// <summary>What the run awaits, once that takes far longer than its steps do; null while it goes on.</summary>
    [Id(11)] public string? Stalled { get; init; }

    /// <summary>Whether it waits until its last checkpoint can be written, and meanwhile holds what it has learned: its <see cref="Problem"/> says so, and it goes on by itself.</summary>
    public bool IsHoldingUnsaved => Waits is not null && Waits == Problem;

    /// <summary>Whether the run takes no further step by itself.</summary>
    public bool IsAtRest => State is RunState.Created or RunState.Paused || IsOver;

    /// <summary>Whether the run can never take another step.</summary>
    public bool IsOver => State is RunState.Completed or RunState.Stopped or RunState.Failed or RunState.Diverged;
}
