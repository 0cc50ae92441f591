namespace OrleansBlip.Protocol.Steps;

/// <summary>A shard's answer to a pushed block.</summary>
public readonly record struct PushAnswer(PushOutcome Outcome, ViewNumber View, StepNumber Step)
{
    /// <summary>Whether the shard holds the block's slots, from this sender or another.</summary>
    public bool IsHeld => Outcome is PushOutcome.Accepted or PushOutcome.Duplicate;
}
