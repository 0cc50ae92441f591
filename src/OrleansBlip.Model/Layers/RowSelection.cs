using TorchSharp;

namespace OrleansBlip.Model.Layers;

/// <summary>
/// Rows of a tensor, whose gradients are summed in a fixed order. <c>index_select</c>'s gradient adds rows up by atomic additions on CUDA, in any order; there a product with a matrix of
/// ones and zeros takes its place, which cuBLAS with its fixed workspace sums in one order. On the CPU both sum in order, and the former is the faster.
/// </summary>
internal static class RowSelection
{
    /// <summary>Rows <paramref name="rows"/> (R) of <paramref name="source"/> (N, …): (R, …).</summary>
    public static torch.Tensor Rows(this torch.Tensor source, torch.Tensor rows) => source.device_type == DeviceType.CUDA ? ByProduct(source, rows) : source.index_select(0, rows);

    /// <summary>The same by a product, on any device. A row that is not finite spoils the others: its step is skipped either way.</summary>
    internal static torch.Tensor ByProduct(torch.Tensor source, torch.Tensor rows)
    {
        using var scope = torch.NewDisposeScope();
        var chosen = torch.nn.functional.one_hot(rows, source.shape[0]).to(source.dtype); // (R, N)
        return torch.matmul(chosen, source.flatten(1)).view([rows.shape[0], .. source.shape[1..]]).MoveToOuterDisposeScope();
    }
}
