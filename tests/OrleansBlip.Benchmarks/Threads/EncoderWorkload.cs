using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrleansBlip.Model.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansBlip.Benchmarks.Threads;

/// <summary>A pre-norm transformer encoder on fixed input: the matrix products of a small ViT's step, forward and backward.</summary>
internal sealed class EncoderWorkload : IDisposable
{
    private const int Batch = 32;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly int _heads;
    private readonly Tensor _input; // (B, T, C)
    private readonly List<Layer> _layers = [];

    /// <summary>Sizes of the demo's image encoder (9 patches of 16 px and one class token) and of the one that <c>pretrain-small</c> has.</summary>
    public static EncoderWorkload Create(string size) => size switch
    {
        "demo" => new EncoderWorkload(width: 64, depth: 2, heads: 2, tokens: 10),
        "small" => new EncoderWorkload(width: 192, depth: 6, heads: 3, tokens: 65),
        _ => throw new ArgumentException($"No workload is called '{size}': demo, small.", nameof(size)),
    };

    private EncoderWorkload(int width, int depth, int heads, int tokens)
    {
        _heads = heads;
        _input = Wave(Batch, tokens, width);
        for (var i = 0; i < depth; i++)
        {
            var (queryKeyValue, projection) = (Weight(3 * width, width), Weight(width, width));
            _layers.Add(new Layer(queryKeyValue, projection, Weight(4 * width, width), Weight(width, 4 * width), ones(width), zeros(width)));
        }
    }

    /// <summary>One forward and backward pass over a batch; returns its number of samples.</summary>
    public int Step()
    {
        using var scope = NewDisposeScope();
        var x = _input;
        foreach (var layer in _layers)
        {
            x = x.Plus(nn.functional.linear(Attend(nn.functional.linear(Norm(x, layer), layer.QueryKeyValue)), layer.Projection));
            x = x.Plus(nn.functional.linear(nn.functional.gelu(nn.functional.linear(Norm(x, layer), layer.Up)), layer.Down));
        }
        foreach (var weight in _layers.SelectMany(l => l.Weights)) weight.grad?.zero_();
        x.square().mean().backward();
        return Batch;
    }

    /// <summary>Hash of the gradients' bits.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var weight in _layers.SelectMany(l => l.Weights)) hash.AppendData(MemoryMarshal.AsBytes(weight.grad!.data<float>().ToArray().AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..8];
    }

    /// <inheritdoc/>
    public void Dispose() => _scope.Dispose();

    private static Tensor Norm(Tensor x, Layer layer) => nn.functional.layer_norm(x, [x.shape[2]], layer.Scale, layer.Shift);

    private Tensor Attend(Tensor queryKeyValue)
    {
        var (batch, tokens, width) = (queryKeyValue.shape[0], queryKeyValue.shape[1], queryKeyValue.shape[2] / 3);
        var split = queryKeyValue.view(batch, tokens, 3, _heads, width / _heads).permute(2, 0, 3, 1, 4); // (3, B, H, T, C/H)
        var attended = nn.functional.scaled_dot_product_attention(split[0], split[1], split[2]);
        return attended.transpose(1, 2).reshape(batch, tokens, width);
    }

    private static Tensor Weight(int rows, int columns) => Wave(rows, columns).Times(1 / Math.Sqrt(columns)).requires_grad_();

    /// <summary>Spread values without a generator.</summary>
    private static Tensor Wave(params long[] shape)
    {
        var count = shape.Aggregate((a, b) => a * b);
        return tensor(Enumerable.Range(0, (int)count).Select(i => MathF.Sin(i * 0.7f)).ToArray()).view(shape);
    }

    private sealed record Layer(Tensor QueryKeyValue, Tensor Projection, Tensor Up, Tensor Down, Tensor Scale, Tensor Shift)
    {
        public IEnumerable<Tensor> Weights => [QueryKeyValue, Projection, Up, Down];
    }
}
