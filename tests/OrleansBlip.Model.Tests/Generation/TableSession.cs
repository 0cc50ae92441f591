using OrleansBlip.Model.Generation;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Generation;

/// <summary>A decoder whose logits are a function of the image and of the tokens so far, which it remembers as a real one does in its caches.</summary>
internal sealed class TableSession(int images, int vocabulary, Func<int, IReadOnlyList<long>, float[]> logits) : IDecoderSession
{
    private List<(int Image, List<long> Ids)> _rows = [.. Enumerable.Range(0, images).Select(image => (image, new List<long>()))];

    public List<int> RowsByStep { get; } = [];

    public torch.Tensor Prefill(torch.Tensor ids)
    {
        Assert.Equal([images, ids.shape[1]], ids.shape);
        for (int row = 0; row < images; row++) _rows[row].Ids.AddRange(ids[row].contiguous().data<long>().ToArray());
        return Logits();
    }

    public torch.Tensor Next(torch.Tensor ids)
    {
        Assert.Equal([_rows.Count], ids.shape);
        var tokens = ids.data<long>().ToArray();
        for (int row = 0; row < tokens.Length; row++) _rows[row].Ids.Add(tokens[row]);
        return Logits();
    }

    public void Reorder(torch.Tensor rows) => _rows = [.. rows.data<long>().ToArray().Select(row => (_rows[(int)row].Image, _rows[(int)row].Ids.ToList()))];

    public void Dispose()
    {
    }

    /// <summary>Logits that look random but depend on image, position and all tokens.</summary>
    public static Func<int, IReadOnlyList<long>, float[]> Hashed(int vocabulary) => (image, ids) =>
    {
        ulong state = 0x9E3779B97F4A7C15UL * (ulong)(image + 1);
        foreach (long id in ids) state = (state ^ (ulong)id) * 0xBF58476D1CE4E5B9UL + 0x94D049BB133111EBUL;
        var scores = new float[vocabulary];
        for (int token = 0; token < vocabulary; token++)
        {
            ulong mixed = (state ^ (ulong)(token + 1)) * 0xD6E8FEB86659FD93UL;
            mixed = (mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93UL;
            scores[token] = (mixed >> 40) / 4194304f - 2f;
        }
        return scores;
    };

    private torch.Tensor Logits()
    {
        RowsByStep.Add(_rows.Count);
        return torch.tensor(_rows.SelectMany(row => logits(row.Image, row.Ids)).ToArray(), _rows.Count, vocabulary);
    }
}
