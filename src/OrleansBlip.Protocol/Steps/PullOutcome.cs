namespace OrleansBlip.Protocol.Steps;

/// <summary>How a pull ended.</summary>
public enum PullOutcome
{
    /// <summary>The block is there.</summary>
    Found = 0,

    /// <summary>The version does not stand yet: ask again.</summary>
    NotYet = 1,

    /// <summary>The shard has gone past that version.</summary>
    Stale = 2,

    /// <summary>The view is not the shard's.</summary>
    Fenced = 3,
}
