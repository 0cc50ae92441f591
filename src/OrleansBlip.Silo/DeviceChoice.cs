namespace OrleansBlip.Silo;

/// <summary>What a process is told to compute on.</summary>
public enum DeviceChoice
{
    /// <summary>GPUs where there are some that this build can use, else the CPU.</summary>
    Auto,

    /// <summary>The CPU's cores.</summary>
    Cpu,

    /// <summary>GPUs, or not at all.</summary>
    Cuda,
}
