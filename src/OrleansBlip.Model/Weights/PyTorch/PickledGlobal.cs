namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>A class or function that a pickle names; it is a name and no more.</summary>
internal sealed record PickledGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}
