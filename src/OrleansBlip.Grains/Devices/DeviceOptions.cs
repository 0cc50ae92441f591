using System.ComponentModel.DataAnnotations;

namespace OrleansBlip.Grains.Devices;

/// <summary>What the node offers to training.</summary>
public sealed class DeviceOptions
{
    /// <summary>What the devices are.</summary>
    public DeviceKind Kind { get; set; }

    /// <summary>Devices: GPUs, or groups of cores on a CPU node. 0 for a node that holds parameters and coordinates only.</summary>
    [Range(0, 1024)]
    public int DeviceCount { get; set; } = Environment.ProcessorCount;
}
