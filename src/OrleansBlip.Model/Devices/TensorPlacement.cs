using TorchSharp;

namespace OrleansBlip.Model.Devices;

/// <summary>Tensors between devices and managed memory.</summary>
public static class TensorPlacement
{
    /// <summary>The tensor on a device: itself where it is there already, else a copy, which belongs to the dispose scope.</summary>
    public static torch.Tensor On(this torch.Tensor tensor, torch.Device device) =>
        tensor.device_type == device.type && tensor.device_index == device.index ? tensor : tensor.to(device);

    /// <summary>The elements in row-major order, wherever the tensor is.</summary>
    public static T[] ToManaged<T>(this torch.Tensor tensor) where T : unmanaged
    {
        using var scope = torch.NewDisposeScope();
        return tensor.cpu().contiguous().data<T>().ToArray();
    }
}
