using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace OrleansBlip.Model.Devices;

/// <summary>What libtorch computes with on a device: whatever of it can be asked for and changes the last bits of results.</summary>
public static class Arithmetic
{
    /// <summary>Variables that libtorch, MKL and oneDNN read and choose their kernels by.</summary>
    private static readonly ImmutableArray<string> OfCpus = ["ATEN_CPU_CAPABILITY", "DNNL_MAX_CPU_ISA", "MKL_CBWR", "MKL_DEBUG_CPU_TYPE", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA"];

    /// <summary>Those of cuBLAS and of libtorch on GPUs.</summary>
    private static readonly ImmutableArray<string> OfGpus = ["CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"];

    /// <summary>libtorch and its binding, with their versions.</summary>
    public static string Library { get; } = $"libtorch {torch.__version__}, TorchSharp {typeof(torch).Assembly.GetName().Version}";

    /// <summary>This program's own version, with its commit where it was built from one.</summary>
    public static string Build { get; } = typeof(Arithmetic).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The backends that scaled dot-product attention may choose from on such a device, as in <c>flash, math</c>.</summary>
    public static string AttentionOf(DeviceType place) => string.Join(", ", TorchContext.AttentionBackendsOf(place));

    /// <summary>Those variables that are set and matter at a place, NAME=VALUE.</summary>
    public static ImmutableArray<string> VariablesOf(torch.Device place) =>
        [.. from name in place.type == DeviceType.CPU ? OfCpus : OfGpus let value = Environment.GetEnvironmentVariable(name) where !string.IsNullOrEmpty(value) select $"{name}={value}"];

    /// <summary>The instruction set that libtorch's kernels are chosen by, or that a GPU computes with.</summary>
    public static string InstructionSetOf(torch.Device place) => place.type switch
    {
        DeviceType.CPU => CpuInstructionSet(Environment.GetEnvironmentVariable("ATEN_CPU_CAPABILITY")),
        DeviceType.CUDA => $"CUDA {CudaDriver.ArchitectureOf(place.index)}",
        _ => place.type.ToString(),
    };

    /// <summary>libtorch's own rule: what the variable says, else the widest vectors that the processor has.</summary>
    internal static string CpuInstructionSet(string? variable) => variable switch
    {
        "avx512" => "AVX512",
        "avx2" => "AVX2",
        "default" => "DEFAULT",
        _ when Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Fma.IsSupported => "AVX512",
        _ when Avx2.IsSupported && Fma.IsSupported => "AVX2",
        _ => "DEFAULT",
    };
}
