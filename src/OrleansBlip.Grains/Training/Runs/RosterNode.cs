using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Grains.Training.Runs;

/// <summary>An active node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Generation">Which of its lives: a node that has started anew holds nothing of a run.</param>
/// <param name="DeviceCount">Its devices.</param>
internal sealed record RosterNode(NodeName Name, int Generation, int DeviceCount);
