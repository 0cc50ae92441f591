namespace OrleansBlip.Grains.Devices;

/// <summary>What a device is.</summary>
public enum DeviceKind
{
    /// <summary>A group of cores.</summary>
    Cpu,

    /// <summary>A GPU, by its CUDA number.</summary>
    Cuda,
}
