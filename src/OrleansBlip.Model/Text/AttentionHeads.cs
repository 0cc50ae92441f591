using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>BERT's self or cross attention before its output layer: queries from the text, keys and values from text or image.</summary>
internal sealed class AttentionHeads
{
    private readonly TextSpec _spec;
    private readonly string _site;
    private readonly Linear _query;
    private readonly Linear _value;

    public AttentionHeads(TextSpec spec, long sourceWidth, string site, ParameterScope scope)
    {
        _spec = spec;
        _site = site;
        var normal = new Initializer.Normal(spec.InitialStandardDeviation);
        _query = new Linear(scope.Child("query"), spec.Width, spec.Width, normal);
        Key = new Linear(scope.Child("key"), sourceWidth, spec.Width, normal);
        _value = new Linear(scope.Child("value"), sourceWidth, spec.Width, normal);
    }

    public Linear Key { get; }

    /// <summary>(B, S, Ds) → two of (B, H, S, Dh).</summary>
    public (torch.Tensor Keys, torch.Tensor Values) KeysAndValues(torch.Tensor source) =>
        (Attention.Split(Key.Forward(source), _spec.Heads), Attention.Split(_value.Forward(source), _spec.Heads));

    /// <summary>(B, T, D) attends keys and values (B, H, S, Dh) → (B, T, D); or, with g texts an image, (B·g, T, D) attends them, g rows after g rows.</summary>
    public torch.Tensor Attend(torch.Tensor x, torch.Tensor keys, torch.Tensor values, torch.Tensor? mask, Pass pass)
    {
        var queries = Attention.Split(_query.Forward(x), _spec.Heads);
        var group = x.shape[0] / keys.shape[0];
        return group == 1
            ? Attention.Merge(Attention.Attend(queries, keys, values, mask, pass, _spec.Dropout, _site))
            : Attention.Merge(Attention.Attend(Group(queries, group), keys, values, mask, pass, _spec.Dropout, _site)).view(x.shape);
    }

    // The g·T queries of an image stand in one sequence: (B·g, H, T, Dh) -> (B, H, g·T, Dh). No mask of theirs tells them apart, so nothing changes.
    private static torch.Tensor Group(torch.Tensor queries, long group)
    {
        var shape = queries.shape;
        return queries.view(shape[0] / group, group, shape[1], shape[2], shape[3]).transpose(1, 2).reshape(shape[0] / group, shape[1], group * shape[2], shape[3]);
    }
}
