using OrleansBlip.Grains.Devices;
using OrleansBlip.Grains.Placement;
using OrleansBlip.Grains.Training;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Protocol.Nodes;

namespace OrleansBlip.Grains.Nodes;

/// <summary>A node's inventory.</summary>
[GrainType("blip-node"), PinnedPlacement]
internal sealed class NodeGrain(IGrainContext context, DevicePool devices, TrainingHost training, ISlotComputerFactory factory) : Grain, INode
{
    public Task<NodeDescription> Describe() => Task.FromResult(new NodeDescription
    {
        Name = NodeName.OfKey(context.GrainId.Key.ToString()!),
        DeviceCount = devices.Count,
        Runs = [.. training.Runs.OrderBy(run => run.Value, StringComparer.Ordinal)],
        Undecodable = [.. factory.Undecodable.Select(picture => $"'{picture.Name}' ({picture.Reason})").Order(StringComparer.Ordinal)],
    });
}
