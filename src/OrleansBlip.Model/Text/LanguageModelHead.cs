using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Text;

/// <summary>BERT's prediction head: dense, GELU, LayerNorm, then the word embeddings as output matrix plus a bias. Legend: D width, V vocabulary.</summary>
internal sealed class LanguageModelHead
{
    private readonly Linear _dense;
    private readonly LayerNorm _norm;
    private readonly ModelParameter _bias;
    private readonly ModelParameter _words;

    public LanguageModelHead(TextSpec spec, ModelParameter wordEmbeddings, ParameterScope scope)
    {
        var predictions = scope.Child("predictions");
        _words = wordEmbeddings;
        _bias = predictions.Declare("bias", [spec.VocabularySize], Initializer.Zeros);
        _dense = new Linear(predictions.Child("transform").Child("dense"), spec.Width, spec.Width, new Initializer.Normal(spec.InitialStandardDeviation));
        _norm = new LayerNorm(predictions.Child("transform").Child("LayerNorm"), spec.Width, spec.LayerNormEpsilon);
        predictions.Child("decoder").Alias("weight", wordEmbeddings);
        predictions.Child("decoder").Alias("bias", _bias);
    }

    /// <summary>(…, D) → (…, V).</summary>
    public torch.Tensor Forward(torch.Tensor states)
    {
        using var scope = torch.NewDisposeScope();
        var transformed = _norm.Forward(torch.nn.functional.gelu(_dense.Forward(states)));
        return torch.nn.functional.linear(transformed, _words.Tensor, _bias.Tensor).MoveToOuterDisposeScope();
    }
}
