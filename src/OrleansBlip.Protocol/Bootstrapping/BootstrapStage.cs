namespace OrleansBlip.Protocol.Bootstrapping;

/// <summary>A phase of a round.</summary>
/// <param name="Round">From 1.</param>
/// <param name="Phase">The phase.</param>
[GenerateSerializer, Immutable, Alias("blip.BootstrapStage")]
public readonly record struct BootstrapStage([property: Id(0)] int Round, [property: Id(1)] BootstrapPhase Phase)
{
    /// <summary>Where each job begins.</summary>
    public static BootstrapStage First { get; } = new(1, BootstrapPhase.Pretraining);

    /// <summary>Whether it is a training run.</summary>
    public bool IsTraining => Phase is BootstrapPhase.Pretraining or BootstrapPhase.FinetuningCaptioner or BootstrapPhase.FinetuningFilter;

    /// <summary>What follows in a job of any number of rounds.</summary>
    public BootstrapStage Next => Phase == BootstrapPhase.Publishing ? new(Round + 1, BootstrapPhase.Pretraining) : new(Round, Phase + 1);

    /// <inheritdoc/>
    public override string ToString() => $"round {Round}, {Phase}";
}
