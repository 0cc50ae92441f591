namespace OrleansBlip.Chaos.Schedules;

/// <summary>Which packets of a node are lost.</summary>
internal enum Direction
{
    /// <summary>Those to other nodes, and from them.</summary>
    Both,

    /// <summary>Those from other nodes.</summary>
    In,

    /// <summary>Those to other nodes.</summary>
    Out,
}
