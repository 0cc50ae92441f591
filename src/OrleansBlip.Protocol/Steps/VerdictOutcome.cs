namespace OrleansBlip.Protocol.Steps;

/// <summary>What became of a verdict at a shard.</summary>
[GenerateSerializer, Alias("blip.VerdictOutcome")]
public enum VerdictOutcome
{
    /// <summary>It is carried out, now or before.</summary>
    Done = 0,

    /// <summary>The shard has not sealed that step.</summary>
    NotSealed = 1,

    /// <summary>Its view is not the shard's.</summary>
    Fenced = 2,

    /// <summary>The node does not hold the shard: it has started anew.</summary>
    NotHeld = 3,
}
