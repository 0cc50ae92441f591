namespace OrleansBlip.Protocol.Steps;

/// <summary>The parts in which a shard's content goes to a new backup.</summary>
[GenerateSerializer, Alias("blip.ShardPartKind")]
public enum ShardPartKind
{
    /// <summary>The weights.</summary>
    Weights = 0,

    /// <summary>The momentum copies (EMA).</summary>
    Momentum = 1,

    /// <summary>Adam's mean of gradients.</summary>
    FirstMoment = 2,

    /// <summary>Adam's mean of squared gradients.</summary>
    SecondMoment = 3,

    /// <summary>The feature queue's image features; empty where the shard has none.</summary>
    QueueImages = 4,

    /// <summary>The feature queue's text features, with its ids; empty where the shard has none.</summary>
    QueueTexts = 5,

    /// <summary>The sum of the step under way, where it is complete; else empty.</summary>
    Sum = 6,
}
