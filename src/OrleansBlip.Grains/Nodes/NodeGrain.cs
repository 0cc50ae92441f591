using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Placement;
using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Grains.Nodes;

/// <summary>A node's inventory.</summary>
[GrainType("blip-node"), PinnedPlacement]
internal sealed class NodeGrain(IGrainContext context, DevicePool devices) : Grain, INode
{
    public Task<NodeDescription> Describe() =>
        Task.FromResult(new NodeDescription { Name = NodeName.OfKey(context.GrainId.Key.ToString()!), DeviceCount = devices.Count });
}
