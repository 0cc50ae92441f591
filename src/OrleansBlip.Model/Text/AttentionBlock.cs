using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>BERT's attention block: LayerNorm(dense(attention) + text).</summary>
internal sealed class AttentionBlock
{
    private readonly TextSpec _spec;
    private readonly string _site;
    private readonly AttentionHeads _heads;
    private readonly Linear _dense;
    private readonly LayerNorm _norm;

    public AttentionBlock(TextSpec spec, long sourceWidth, string site, ParameterScope scope)
    {
        _spec = spec;
        _site = site;
        _heads = new AttentionHeads(spec, sourceWidth, site, scope.Child("self"));
        _dense = new Linear(scope.Child("output").Child("dense"), spec.Width, spec.Width, new Initializer.Normal(spec.InitialStandardDeviation));
        _norm = new LayerNorm(scope.Child("output").Child("LayerNorm"), spec.Width, spec.LayerNormEpsilon);
    }

    public Linear Key => _heads.Key;

    /// <summary>(B, S, Ds) → two of (B, H, S, Dh).</summary>
    public (torch.Tensor Keys, torch.Tensor Values) KeysAndValues(torch.Tensor source) => _heads.KeysAndValues(source);

    /// <summary>(B, T, D) attends keys and values (B, H, S, Dh) → (B, T, D); or, with g texts an image, (B·g, T, D) attends them, g rows after g rows.</summary>
    public torch.Tensor Attend(torch.Tensor x, torch.Tensor keys, torch.Tensor values, torch.Tensor? mask, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        var attended = _heads.Attend(x, keys, values, mask, pass);
        return _norm.Forward(pass.Dropout(_dense.Forward(attended), _spec.Dropout, _site + ".output").Plus(x)).MoveToOuterDisposeScope();
    }
}
