namespace OrleansBlip.Grains.Training.Steps;

/// <summary>Where the coordinator stands in a step.</summary>
internal enum StepPhase
{
    /// <summary>No step is under way.</summary>
    Idle,

    /// <summary>Slots are with trainers and no shard has voted.</summary>
    Leasing,

    /// <summary>Some shards have voted, so every slot was computed once; slots may still be leased again, for a trainer can die between two pushes.</summary>
    Voting,

    /// <summary>The verdict is out, and all shards must have carried it out before anything follows: a rest, or the same step again.</summary>
    Decided,
}
