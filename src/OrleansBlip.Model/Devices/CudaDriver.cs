using System.Runtime.InteropServices;

namespace OrleansBlip.Model.Devices;

/// <summary>What TorchSharp does not tell of a GPU, asked of CUDA's driver.</summary>
internal static partial class CudaDriver
{
    private const int Success = 0, CapabilityMajor = 75, CapabilityMinor = 76;

    /// <summary>The compute capability, such as sm_90.</summary>
    /// <exception cref="InvalidOperationException">The driver gives none.</exception>
    public static string ArchitectureOf(int gpu)
    {
        Check(Initialize(0), "cuInit");
        Check(GetDevice(out int device, gpu), "cuDeviceGet");
        Check(GetAttribute(out int major, CapabilityMajor, device), "cuDeviceGetAttribute");
        Check(GetAttribute(out int minor, CapabilityMinor, device), "cuDeviceGetAttribute");
        return $"sm_{major}{minor}";

        void Check(int result, string call)
        {
            if (result != Success) throw new InvalidOperationException($"{call} of GPU {gpu} gives error {result} of CUDA's driver.");
        }
    }

    [LibraryImport("libcuda.so.1", EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceGet")]
    private static partial int GetDevice(out int device, int ordinal);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceGetAttribute")]
    private static partial int GetAttribute(out int value, int attribute, int device);
}
