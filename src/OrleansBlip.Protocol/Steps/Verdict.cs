namespace OrleansBlip.Protocol.Steps;

/// <summary>The coordinator's decision on a step, the same for every shard and durable before any shard hears of it.</summary>
[GenerateSerializer, Immutable, Alias("blip.Verdict")]
public sealed record Verdict
{
    /// <summary>The coordinator's view; for <see cref="VerdictKind.Retry"/> the new one.</summary>
    [Id(0)] public required ViewNumber View { get; init; }

    /// <summary>The step decided.</summary>
    [Id(1)] public required StepNumber Step { get; init; }

    /// <summary>How it ends.</summary>
    [Id(2)] public required VerdictKind Kind { get; init; }

    /// <summary>‖g‖² of the whole mean gradient, by which every shard clips alike; matters for <see cref="VerdictKind.Apply"/>.</summary>
    [Id(3)] public double SquaredNorm { get; init; }

    /// <summary>Whether each shard saves its part of a checkpoint of the version that this verdict makes.</summary>
    [Id(4)] public bool Checkpoint { get; init; }

    /// <summary>Whether an amendment leaves the step out: shards carry it out without having collected anything.</summary>
    [Id(5)] public bool IsAmended { get; init; }

    /// <summary>The version that stands once this verdict is carried out.</summary>
    public StepNumber NextStep => Kind == VerdictKind.Retry ? Step : Step.Next;
}
