using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Vision;

/// <summary>x + attn(norm1(x)), then x + mlp(norm2(x)), each branch under drop path.</summary>
internal sealed class VisionBlock
{
    private readonly string _site;
    private readonly long _heads;
    private readonly double _dropPath;
    private readonly LayerNorm _norm1;
    private readonly LayerNorm _norm2;
    private readonly Linear _queryKeyValue;
    private readonly Linear _projection;
    private readonly Linear _feedForward1;
    private readonly Linear _feedForward2;

    public VisionBlock(VisionSpec spec, int index, ParameterScope scope)
    {
        _site = $"block{index}";
        _heads = spec.Heads;
        _dropPath = spec.Depth == 1 ? spec.DropPathRate : spec.DropPathRate * index / (spec.Depth - 1);
        var normal = new Initializer.TruncatedNormal(spec.InitialStandardDeviation);
        _norm1 = new LayerNorm(scope.Child("norm1"), spec.Width, spec.LayerNormEpsilon);
        _queryKeyValue = new Linear(scope.Child("attn").Child("qkv"), spec.Width, 3L * spec.Width, normal);
        _projection = new Linear(scope.Child("attn").Child("proj"), spec.Width, spec.Width, normal);
        _norm2 = new LayerNorm(scope.Child("norm2"), spec.Width, spec.LayerNormEpsilon);
        _feedForward1 = new Linear(scope.Child("mlp").Child("fc1"), spec.Width, (long)spec.MlpRatio * spec.Width, normal);
        _feedForward2 = new Linear(scope.Child("mlp").Child("fc2"), (long)spec.MlpRatio * spec.Width, spec.Width, normal);
    }

    /// <summary>All that it trains.</summary>
    public IReadOnlyCollection<ModelParameter> Parameters =>
        [.. _norm1.Parameters, .. _queryKeyValue.Parameters, .. _projection.Parameters, .. _norm2.Parameters, .. _feedForward1.Parameters, .. _feedForward2.Parameters];

    /// <summary>(B, N, D) → (B, N, D).</summary>
    public torch.Tensor Forward(torch.Tensor x, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        x = x.Plus(pass.DropPath(Attend(x, pass), _dropPath, _site + ".attn"));
        x = x.Plus(pass.DropPath(FeedForward(x, pass), _dropPath, _site + ".mlp"));
        pass.Observe?.Invoke(_site + ".out", x);
        return x.MoveToOuterDisposeScope();
    }

    private torch.Tensor Attend(torch.Tensor x, Pass pass)
    {
        var normed = _norm1.Forward(x);
        var qkv = _queryKeyValue.Forward(normed).view(x.shape[0], x.shape[1], 3, _heads, x.shape[2] / _heads).permute(2, 0, 3, 1, 4).unbind(0); // 3 × (B, H, N, Dh)
        var attended = _projection.Forward(Attention.Merge(Attention.Attend(qkv[0], qkv[1], qkv[2], mask: null, pass, dropout: 0, _site + ".attn")));
        pass.Observe?.Invoke(_site + ".norm1", normed);
        pass.Observe?.Invoke(_site + ".attn", attended);
        return attended;
    }

    private torch.Tensor FeedForward(torch.Tensor x, Pass pass)
    {
        var normed = _norm2.Forward(x);
        var hidden = _feedForward1.Forward(normed);
        var activated = torch.nn.functional.gelu(hidden);
        var result = _feedForward2.Forward(activated);
        pass.Observe?.Invoke(_site + ".norm2", normed);
        pass.Observe?.Invoke(_site + ".mlp.fc1", hidden);
        pass.Observe?.Invoke(_site + ".mlp.act", activated);
        pass.Observe?.Invoke(_site + ".mlp", result);
        return result;
    }
}
