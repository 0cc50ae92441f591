namespace OrleansBlip.Grains.Placement;

/// <summary>A call to a grain of a node that is not there.</summary>
[GenerateSerializer, Alias("blip.NodeUnavailableException")]
public sealed class NodeUnavailableException(string message) : OrleansException(message);
