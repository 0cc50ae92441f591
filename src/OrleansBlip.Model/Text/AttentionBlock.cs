using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>BERT's attention block: queries from the text, keys and values from text or image, then LayerNorm(dense(·) + text).</summary>
internal sealed class AttentionBlock
{
    private readonly TextSpec _spec;
    private readonly string _site;
    private readonly Linear _query;
    private readonly Linear _value;
    private readonly Linear _dense;
    private readonly LayerNorm _norm;

    public AttentionBlock(TextSpec spec, long sourceWidth, string site, ParameterScope scope)
    {
        _spec = spec;
        _site = site;
        var normal = new Initializer.Normal(spec.InitialStandardDeviation);
        var self = scope.Child("self");
        _query = new Linear(self.Child("query"), spec.Width, spec.Width, normal);
        Key = new Linear(self.Child("key"), sourceWidth, spec.Width, normal);
        _value = new Linear(self.Child("value"), sourceWidth, spec.Width, normal);
        _dense = new Linear(scope.Child("output").Child("dense"), spec.Width, spec.Width, normal);
        _norm = new LayerNorm(scope.Child("output").Child("LayerNorm"), spec.Width, spec.LayerNormEpsilon);
    }

    public Linear Key { get; }

    /// <summary>(B, S, Ds) → two of (B, H, S, Dh).</summary>
    public (torch.Tensor Keys, torch.Tensor Values) KeysAndValues(torch.Tensor source) =>
        (Attention.Split(Key.Forward(source), _spec.Heads), Attention.Split(_value.Forward(source), _spec.Heads));

    /// <summary>(B, T, D) attends keys and values (B, H, S, Dh) → (B, T, D); or, with g texts an image, (B·g, T, D) attends them, g rows after g rows.</summary>
    public torch.Tensor Attend(torch.Tensor x, torch.Tensor keys, torch.Tensor values, torch.Tensor? mask, Pass pass)
    {
        using var scope = torch.NewDisposeScope();
        var queries = Attention.Split(_query.Forward(x), _spec.Heads);
        var group = x.shape[0] / keys.shape[0];
        var attended = group == 1
            ? Attention.Merge(Attention.Attend(queries, keys, values, mask, pass, _spec.Dropout, _site))
            : Attention.Merge(Attention.Attend(Group(queries, group), keys, values, mask, pass, _spec.Dropout, _site)).view(x.shape);
        return _norm.Forward(pass.Dropout(_dense.Forward(attended), _spec.Dropout, _site + ".output").Plus(x)).MoveToOuterDisposeScope();
    }

    // The g·T queries of an image stand in one sequence: (B·g, H, T, Dh) -> (B, H, g·T, Dh). No mask of theirs tells them apart, so nothing changes.
    private static torch.Tensor Group(torch.Tensor queries, long group)
    {
        var shape = queries.shape;
        return queries.view(shape[0] / group, group, shape[1], shape[2], shape[3]).transpose(1, 2).reshape(shape[0] / group, shape[1], group * shape[2], shape[3]);
    }
}
