using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>
/// Keys and values of cross-attention: projected once per image and layer, then attended by as many texts and passes as need them. Modules whose
/// cross-attention is shared can share a memory. Legend: B images, H heads, N image tokens, Dh head width.
/// </summary>
internal sealed class ImageMemory
{
    private readonly (torch.Tensor Keys, torch.Tensor Values)[] _layers;

    public ImageMemory((torch.Tensor Keys, torch.Tensor Values)[] layers, torch.Tensor? mask)
    {
        _layers = layers;
        Mask = mask;
    }

    /// <summary>The memory of the second images, for a transformer that sees two; null for any other.</summary>
    public ImageMemory? Second { get; init; }

    /// <summary>Additive mask (B, 1, 1, N), or null when every image token counts.</summary>
    public torch.Tensor? Mask { get; }

    /// <summary>Keys and values of a layer, each (B, H, N, Dh).</summary>
    public (torch.Tensor Keys, torch.Tensor Values) this[int layer] => _layers[layer];

    /// <summary>All that it holds.</summary>
    public IEnumerable<torch.Tensor> Tensors => _layers.SelectMany(layer => new[] { layer.Keys, layer.Values }).Concat(Mask is null ? [] : [Mask]).Concat(Second?.Tensors ?? []);

    /// <summary>The same with every token visible.</summary>
    public ImageMemory Unmasked() => new(_layers, mask: null) { Second = Second };

    /// <summary>The memory of rows <paramref name="rows"/> (R): row r remembers image rows[r].</summary>
    public ImageMemory Select(torch.Tensor rows) => new(
        [.. _layers.Select(layer => (layer.Keys.Rows(rows), layer.Values.Rows(rows)))],
        Mask?.index_select(0, rows)) { Second = Second?.Select(rows) };
}
