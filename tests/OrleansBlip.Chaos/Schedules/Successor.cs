namespace OrleansBlip.Chaos.Schedules;

/// <summary>Who comes in place of a node that was killed.</summary>
internal enum Successor
{
    /// <summary>Nobody, where others are left.</summary>
    None,

    /// <summary>A node of the same name.</summary>
    Namesake,

    /// <summary>A node of another name.</summary>
    Stranger,
}
