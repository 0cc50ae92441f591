using System.Collections.Immutable;
using System.Runtime.InteropServices;
using TorchSharp;

namespace OrleansBlip.Model.Devices;

/// <summary>
/// Settings of libtorch's at::Context that TorchSharp does not bind, for the whole process. They are functions of C++, called by the names that compilers of its ABI give
/// them: those of the libtorch that the project pins.
/// </summary>
internal static partial class TorchContext
{
    private const string Library = "libtorch_cpu";

    private static readonly Lazy<nint> Context = new(() =>
    {
        torch.InitializeDeviceType(DeviceType.CPU); // Loads the library.
        return Global();
    });

    /// <summary>Whether one backend of scaled dot-product attention is left, products and a softmax: the others may sum in an order that depends on the device, or on what runs beside them.</summary>
    public static void FixAttention(bool isFixed)
    {
        SetMath(Context.Value, true);
        SetFlash(Context.Value, !isFixed);
        SetMemoryEfficient(Context.Value, !isFixed);
        SetCudnn(Context.Value, !isFixed);
    }

    /// <summary>Operations take their deterministic kernel if they have one, and warn if they have none. Memory that nobody wrote is not filled for it.</summary>
    public static void PreferDeterministic()
    {
        SetDeterministic(Context.Value, true, warnOnly: true);
        SetDeterministicFill(Context.Value, false);
    }

    /// <summary>The backends that scaled dot-product attention may choose from on such a device. A CPU has no others than these two.</summary>
    public static ImmutableArray<string> AttentionBackendsOf(DeviceType place)
    {
        var context = Context.Value;
        ImmutableArray<(string Name, bool IsEnabled)> all = [("flash", HasFlash(context)), ("math", HasMath(context)), ("memory-efficient", HasMemoryEfficient(context)), ("cuDNN", HasCudnn(context))];
        return [.. from backend in place == DeviceType.CPU ? all.Take(2) : all where backend.IsEnabled select backend.Name];
    }

    [LibraryImport(Library, EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint Global();

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context13setSDPUseMathEb")]
    private static partial void SetMath(nint context, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context14setSDPUseFlashEb")]
    private static partial void SetFlash(nint context, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context21setSDPUseMemEfficientEb")]
    private static partial void SetMemoryEfficient(nint context, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context14setSDPUseCuDNNEb")]
    private static partial void SetCudnn(nint context, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context26setDeterministicAlgorithmsEbb")]
    private static partial void SetDeterministic(nint context, [MarshalAs(UnmanagedType.U1)] bool value, [MarshalAs(UnmanagedType.U1)] bool warnOnly);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb")]
    private static partial void SetDeterministicFill(nint context, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context18userEnabledMathSDPEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool HasMath(nint context);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context19userEnabledFlashSDPEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool HasFlash(nint context);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context26userEnabledMemEfficientSDPEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool HasMemoryEfficient(nint context);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context19userEnabledCuDNNSDPEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool HasCudnn(nint context);
}
