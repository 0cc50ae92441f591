using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Layers;

public sealed class RowSelectionTests
{
    [Fact]
    public void ByProduct_OfRowsThatRepeat_IsThatOfIndexSelect_GradientsToo()
    {
        using var scope = torch.NewDisposeScope();
        using var random = new torch.Generator(7);
        var rows = torch.tensor(new long[] { 2, 0, 2, 2, 4, 0 });
        var weights = torch.randn([6, 2, 3], generator: random);
        var source = torch.randn([5, 2, 3], generator: random).requires_grad_();
        var same = source.detach().clone().requires_grad_();
        var (selected, summed) = (source.Rows(rows), RowSelection.ByProduct(same, rows));
        Assert.Equal(selected.data<float>(), summed.data<float>());
        selected.mul(weights).sum().backward();
        summed.mul(weights).sum().backward();
        Assert.Equal(source.grad!.data<float>().ToArray(), same.grad!.data<float>().ToArray(), (a, b) => Math.Abs(a - b) <= 1e-6);
    }
}
