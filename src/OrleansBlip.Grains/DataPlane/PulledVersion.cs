namespace OrleansBlip.Grains.DataPlane;

/// <summary>A shard's part of a version in memory of the node that pulled it.</summary>
internal sealed class PulledVersion
{
    /// <summary>View and version; null while it is being read.</summary>
    public (long View, long Version)? Key { get; set; }

    /// <summary>The shard's range of the weights.</summary>
    public float[] Weights { get; set; } = [];

    /// <summary>Its momentum copies.</summary>
    public float[] Momentum { get; set; } = [];

    /// <summary>The queue; null where the shard has none.</summary>
    public PulledQueue? Queue { get; set; }
}
