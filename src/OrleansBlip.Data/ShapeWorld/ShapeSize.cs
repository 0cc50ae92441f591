namespace OrleansBlip.Data.ShapeWorld;

/// <summary>Sizes, each about 1.25 times (free: 1.45 times) the one before.</summary>
public enum ShapeSize
{
    /// <summary>The smallest.</summary>
    Small,

    /// <summary>Between the two.</summary>
    Medium,

    /// <summary>The largest.</summary>
    Large,
}
