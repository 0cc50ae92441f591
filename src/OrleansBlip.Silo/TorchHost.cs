using Microsoft.Extensions.DependencyInjection;
using OrleansBlip.Grains.Training.Slots;
using OrleansBlip.Model.Devices;

namespace OrleansBlip.Silo;

/// <summary>What a process whose nodes compute with libtorch needs.</summary>
public static class TorchHost
{
    /// <summary>Sets what native libraries read once. Call it first in Program.cs, before libtorch is loaded.</summary>
    public static void PrepareProcess()
    {
        TorchThreads.LimitSpinning();
        NativeHeap.KeepFreed();
        CudaNumerics.FixWorkspaces();
    }

    /// <summary>Adds the factory of the models that trainers compute with. Nodes of one process may share it, and then share a run's data.</summary>
    public static IServiceCollection AddTorch(this IServiceCollection services, BlipSlotComputerFactory? factory = null) =>
        services.AddSingleton<ISlotComputerFactory>(factory ?? new BlipSlotComputerFactory());
}
