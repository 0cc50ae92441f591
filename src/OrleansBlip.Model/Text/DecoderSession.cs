using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Devices;
using OrleansBlip.Model.Generation;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>
/// A decoder that reads token by token, with self-attention's keys and values cached by row and cross-attention's by image: the reference projects an
/// image again for every token of every beam. Legend: R rows, I images, V vocabulary.
/// </summary>
internal sealed class DecoderSession : IDecoderSession
{
    private readonly BuiltTextDecoder _decoder;
    private readonly ImageMemory _memory;
    private readonly torch.Device _device;
    private readonly TextCache _cache;
    private readonly List<torch.Tensor> _selected = [];
    private long[] _imageOfRow;
    private ImageMemory _current;

    /// <param name="memory">Of I images; at first, row r reads image r. It must outlive the session.</param>
    public DecoderSession(BuiltTextDecoder decoder, ImageMemory memory, int images)
    {
        _decoder = decoder;
        _memory = _current = memory;
        _device = memory[0].Keys.device;
        _cache = new TextCache(decoder.Transformer.Spec.Depth);
        _imageOfRow = [.. Enumerable.Range(0, images).Select(image => (long)image)];
    }

    public torch.Tensor Prefill(torch.Tensor ids) => Read(ids);

    public torch.Tensor Next(torch.Tensor ids)
    {
        using var scope = torch.NewDisposeScope();
        return Read(ids.unsqueeze(1)).MoveToOuterDisposeScope();
    }

    public void Reorder(torch.Tensor rows)
    {
        using var noGradient = torch.no_grad();
        _cache.Reorder(rows.On(_device));
        var images = Array.ConvertAll(rows.ToManaged<long>(), row => _imageOfRow[row]);
        if (images.AsSpan().SequenceEqual(_imageOfRow)) return;
        _imageOfRow = images;
        DisposeSelected();
        _current = IsGrouped(images) ? _memory : Select(images);
    }

    public void Dispose()
    {
        _cache.Dispose();
        DisposeSelected();
    }

    private torch.Tensor Read(torch.Tensor ids)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var states = _decoder.Transformer.Continue(ids.On(_device), _cache, _current, Pass.Evaluation);
        return _decoder.Head.Forward(states.select(1, states.shape[1] - 1)).MoveToOuterDisposeScope(); // (R, V)
    }

    // Equally many rows for each image, image by image: cross-attention then takes an image's rows as queries of one sequence.
    private bool IsGrouped(long[] images)
    {
        long all = _memory[0].Keys.shape[0], size = images.Length / all;
        return size * all == images.Length && images.Select((image, row) => image == row / size).All(same => same);
    }

    private ImageMemory Select(long[] images)
    {
        using var scope = torch.NewDisposeScope();
        var selected = _memory.Select(torch.tensor(images, device: _device));
        _selected.AddRange(selected.Tensors.Select(tensor => tensor.DetachFromDisposeScope()));
        return selected;
    }

    private void DisposeSelected()
    {
        foreach (var tensor in _selected) tensor.Dispose();
        _selected.Clear();
    }
}
