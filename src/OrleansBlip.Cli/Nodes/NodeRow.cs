namespace OrleansBlip.Cli.Nodes;

/// <summary>What is shown of a node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ProcessId">Its process's number; null where there is none.</param>
/// <param name="State">Where its process stands.</param>
/// <param name="DeviceCount">Its devices; null where it does not say.</param>
/// <param name="Runs">The runs that have trainers or shards there, in words.</param>
internal sealed record NodeRow(string Name, int? ProcessId, NodeState State, int? DeviceCount, string Runs);
