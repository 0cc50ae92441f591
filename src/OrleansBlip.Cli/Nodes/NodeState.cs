namespace OrleansBlip.Cli.Nodes;

/// <summary>Where a node's process stands.</summary>
internal enum NodeState
{
    /// <summary>It has been started and is not in the cluster yet.</summary>
    Starting,

    /// <summary>It is in the cluster.</summary>
    Running,

    /// <summary>It has ended by itself and is started again after a pause.</summary>
    Waiting,

    /// <summary>It was told to end, and has.</summary>
    Stopped,
}
