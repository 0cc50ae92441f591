namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard's answer to a pushed block.</summary>
[GenerateSerializer, Immutable, Alias("blip.PushAnswer")]
public readonly record struct PushAnswer([property: Id(0)] PushOutcome Outcome, [property: Id(1)] ViewNumber View, [property: Id(2)] StepNumber Step)
{
    /// <summary>Whether the shard holds the block's slots, from this sender or another.</summary>
    public bool IsHeld => Outcome is PushOutcome.Accepted or PushOutcome.Duplicate;
}
