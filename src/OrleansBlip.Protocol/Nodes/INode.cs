namespace OrleansBlip.Protocol.Nodes;

/// <summary>A node's inventory. Key: the node's name; pinned to it.</summary>
[Alias("blip.INode"), GrainInterfaceType("blip.INode")]
public interface INode : IGrainWithStringKey
{
    /// <summary>What the node offers.</summary>
    [Alias("Describe")]
    Task<NodeDescription> Describe();
}
