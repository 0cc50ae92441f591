using TorchSharp;

namespace OrleansBlip.Model.Weights;

/// <summary>Every parameter of a model as a view into flat values.</summary>
internal sealed class ParameterViews : IDisposable
{
    private readonly (torch.Tensor Trained, torch.Tensor? Momentum, ParameterEntry Entry)[] _views;

    /// <summary>Makes the views; the parameters are not bound to them yet.</summary>
    public ParameterViews(FlatParameters values, ParameterTable table, ParameterLayout layout)
    {
        Values = values;
        using var scope = torch.NewDisposeScope();
        _views = [.. table.Trained.Zip(layout.Entries, (parameter, entry) => (
            View(values.Weights, entry.Offset, entry).requires_grad_(), table.MomentumOf(parameter) is null ? null : View(values.Momentum, entry.MomentumOffset, entry), entry))];
    }

    /// <summary>What they are views into.</summary>
    public FlatParameters Values { get; }

    /// <summary>Lets the parameters be these views.</summary>
    public void Bind(ParameterTable table)
    {
        foreach (var (parameter, view) in table.Trained.Zip(_views))
        {
            parameter.Bind(view.Trained, view.Entry.Offset);
            if (view.Momentum is { } momentum) table.MomentumOf(parameter)!.Bind(momentum, view.Entry.MomentumOffset);
        }
    }

    /// <summary>Frees the views, not the values.</summary>
    public void Dispose()
    {
        foreach (var (trained, momentum, _) in _views)
        {
            trained.Dispose();
            momentum?.Dispose();
        }
    }

    private static torch.Tensor View(torch.Tensor flat, long offset, ParameterEntry entry) =>
        flat.narrow(0, offset, entry.Length).view([.. entry.Shape]).detach().DetachFromDisposeScope();
}
