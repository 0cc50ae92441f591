using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>Keys and values of the tokens decoded so far, by layer. Legend: R rows, H heads, T tokens so far, Dh head width.</summary>
internal sealed class TextCache(int layers) : IDisposable
{
    private readonly torch.Tensor?[] _keys = new torch.Tensor?[layers];
    private readonly torch.Tensor?[] _values = new torch.Tensor?[layers];

    /// <summary>Tokens held.</summary>
    public long Length => _keys[0]?.shape[2] ?? 0;

    public (torch.Tensor Keys, torch.Tensor Values) this[int layer] => (_keys[layer]!, _values[layer]!);

    /// <summary>Appends (R, H, n, Dh) to a layer and returns all of it, (R, H, T, Dh), owned by the cache.</summary>
    public (torch.Tensor Keys, torch.Tensor Values) Append(int layer, torch.Tensor keys, torch.Tensor values) =>
        (Replace(ref _keys[layer], old => old is null ? keys.contiguous().alias() : torch.cat([old, keys], 2)),
         Replace(ref _values[layer], old => old is null ? values.contiguous().alias() : torch.cat([old, values], 2)));

    /// <summary>Makes row r continue row rows[r].</summary>
    public void Reorder(torch.Tensor rows)
    {
        for (var layer = 0; layer < layers; layer++)
        {
            Replace(ref _keys[layer], old => old!.index_select(0, rows));
            Replace(ref _values[layer], old => old!.index_select(0, rows));
        }
    }

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values)) tensor?.Dispose();
    }

    private static torch.Tensor Replace(ref torch.Tensor? place, Func<torch.Tensor?, torch.Tensor> next)
    {
        var old = place;
        place = next(old).DetachFromDisposeScope();
        old?.Dispose();
        return place;
    }
}
