using System.CommandLine;
using OrleansBlip.Grains.Devices;
using OrleansBlip.Model.Devices;
using TorchSharp;

namespace OrleansBlip.Silo;

/// <summary>Which devices a process computes on.</summary>
public static class TorchDevices
{
    /// <summary><c>--device auto|cpu|cuda</c>.</summary>
    public static Option<DeviceChoice> Option()
    {
        var option = new Option<DeviceChoice>("--device") { Description = "auto: GPUs where there are some that this build can use, else the CPU.", HelpName = "auto|cpu|cuda" };
        option.AcceptOnlyFromAmong("auto", "cpu", "cuda");
        return option;
    }

    /// <summary>The devices of one of several nodes of this process. They share its cores; GPUs are each node's all the same.</summary>
    /// <param name="choice">What was asked for.</param>
    /// <param name="threads">Cores of a device on the CPU.</param>
    /// <param name="nodes">Nodes of this process.</param>
    /// <param name="count">Devices; null for as many as there are.</param>
    /// <exception cref="DeviceException">There is no such device, or not so many.</exception>
    public static DeviceOptions Of(DeviceChoice choice, int threads, int nodes = 1, int? count = null)
    {
        var kind = KindOf(choice);
        var there = kind == DeviceKind.Cuda ? torch.cuda.device_count() : Math.Max(1, Environment.ProcessorCount / (nodes * threads));
        if (kind == DeviceKind.Cuda && count > there) throw new DeviceException($"{count} GPUs are asked for, there are {there}.");
        return new DeviceOptions { Kind = kind, DeviceCount = count ?? there };
    }

    /// <summary>The one device of a process that is no node: its first GPU, or the CPU.</summary>
    /// <exception cref="DeviceException">There is no such device.</exception>
    public static torch.Device First(DeviceChoice choice) => KindOf(choice) == DeviceKind.Cuda ? new torch.Device(DeviceType.CUDA, 0) : torch.CPU;

    private static DeviceKind KindOf(DeviceChoice choice)
    {
        if (choice == DeviceChoice.Cpu) return DeviceKind.Cpu;
        if (!torch.cuda.is_available())
            return choice == DeviceChoice.Auto ? DeviceKind.Cpu : throw new DeviceException("No GPU can be used: --device cuda needs a build with -p:TorchBackend=cuda, and a GPU that its driver shows.");
        CudaNumerics.FixArithmetic();
        return DeviceKind.Cuda;
    }
}
