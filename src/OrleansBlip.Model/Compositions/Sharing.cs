namespace OrleansBlip.Model.Compositions;

/// <summary>Sharing of parameters with a part listed before.</summary>
/// <param name="With">The owner of the shared tensors.</param>
/// <param name="Layers">What is shared.</param>
public sealed record Sharing(string With, SharedLayers Layers)
{
    /// <summary>Whether the tensor of this local name, e.g. <c>encoder.layer.0.attention.self.query.weight</c>, is shared.</summary>
    public bool Covers(string localName) => Layers switch
    {
        SharedLayers.All => true,
        SharedLayers.None => false,
        SharedLayers.AllButSelfAttention => !localName.Contains(".attention.", StringComparison.Ordinal),
        SharedLayers.AllButCrossAttention => !localName.Contains(".crossattention.", StringComparison.Ordinal),
        _ => throw new InvalidOperationException($"Unknown sharing {Layers}."),
    };
}
