namespace OrleansBlip.Grains.DataPlane;

/// <summary>How blocks travel between nodes.</summary>
public sealed record DataPlaneOptions
{
    /// <summary>Port on the silo's own address that takes other nodes' connections, 0 to 65535; 0 for any free one.</summary>
    public int Port { get; init; }

    /// <summary>Connections that take blocks to a shard of another node at once, and as many that fetch them, at least 1. More wait.</summary>
    public int StreamsPerShardMax { get; init; } = 4;

    /// <summary>Connections that the node accepts, at least 1; more are closed.</summary>
    public int ConnectionsMax { get; init; } = 4096;

    /// <summary>A connection on which nothing has come for so long while something was to come is given up, and the block sent on another.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How often a node says that it is still at work on an answer; well below <see cref="Silence"/>.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A connection whose other end takes nothing for so long is closed: a shard that others push to may keep a block waiting.</summary>
    public TimeSpan WritePatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection on which nothing is asked for so long is closed.</summary>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromMinutes(5);
}
