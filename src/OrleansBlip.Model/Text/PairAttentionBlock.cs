using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>
/// Cross-attention to two images (BLIP §5.4; reference models/nlvr_encoder.py): one attention and one output layer for each, then their mean or, in upper
/// layers, a linear layer over both.
/// </summary>
internal sealed class PairAttentionBlock
{
    // The reference's models have twelve layers, of which the upper six merge.
    private const int MergingFrom = 6;

    private readonly TextSpec _spec;
    private readonly string _site;
    private readonly (AttentionHeads Heads, Linear Dense) _first, _second;
    private readonly Linear? _merge;
    private readonly LayerNorm _norm;

    public PairAttentionBlock(TextSpec spec, int layer, long sourceWidth, string site, ParameterScope scope)
    {
        _spec = spec;
        _site = site;
        var normal = new Initializer.Normal(spec.InitialStandardDeviation);
        var output = scope.Child("output");
        _first = Half(0);
        _second = Half(1);
        _merge = layer >= MergingFrom ? new Linear(output.Child("merge_layer"), 2 * spec.Width, spec.Width, normal) : null;
        _norm = new LayerNorm(output.Child("LayerNorm"), spec.Width, spec.LayerNormEpsilon);

        (AttentionHeads, Linear) Half(int image) => (
            new AttentionHeads(spec, sourceWidth, $"{site}{image}", scope.Child($"self{image}")),
            new Linear(output.Child($"dense{image}"), spec.Width, spec.Width, normal));
    }

    public Linear Key => _first.Heads.Key;

    /// <summary>The keys and values of the first images, (B, N, Di), then those of the second.</summary>
    public (torch.Tensor Keys, torch.Tensor Values) KeysAndValues(torch.Tensor source, bool isSecond) => (isSecond ? _second : _first).Heads.KeysAndValues(source);

    /// <summary>(B, T, D) attends both images of its row → (B, T, D).</summary>
    public torch.Tensor Attend(torch.Tensor x, (torch.Tensor Keys, torch.Tensor Values) first, (torch.Tensor Keys, torch.Tensor Values) second, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        var a = _first.Dense.Forward(_first.Heads.Attend(x, first.Keys, first.Values, mask: null, pass));
        var b = _second.Dense.Forward(_second.Heads.Attend(x, second.Keys, second.Values, mask: null, pass));
        var merged = _merge is null ? a.Plus(b).Times(0.5) : _merge.Forward(torch.cat([a, b], -1));
        return _norm.Forward(pass.Dropout(merged, _spec.Dropout, _site + ".output").Plus(x)).MoveToOuterDisposeScope();
    }
}
