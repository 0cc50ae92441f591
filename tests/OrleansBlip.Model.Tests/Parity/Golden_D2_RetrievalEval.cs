using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Tasks;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_D2_RetrievalEval : IDisposable
{
    private readonly GoldenCase _case = new("d2-retrieval-eval");

    [GoldenFact("d2-retrieval-eval")]
    public void Scores_F64() => Scores(torch.ScalarType.Float64, "expected.f64", 1e-9, 1e-9);

    [GoldenFact("d2-retrieval-eval")]
    public void Scores_F32() => Scores(torch.ScalarType.Float32, "expected", 1e-4, 2e-5);

    public void Dispose() => _case.Dispose();

    private void Scores(torch.ScalarType dtype, string file, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        using var model = new PretrainingParity(_case, dtype, Families.Filter, "weights").Model;
        var ids = _case.Tensor("inputs", "input_ids_ENC");
        // The contrastive features see [CLS], 2 in the case's vocabulary, where the inputs have [ENC].
        var special = new SpecialTokens(0, 2, 3, -1, (int)ids[0, 0].item<long>());
        var scores = new Retriever(new Matcher(model)) { PairsMax = 7 }.Score(
            _case.Tensor("inputs", "image", dtype), ids, _case.Tensor("inputs", "attention_mask"), special, _case.Config.GetProperty("k_test").GetInt32());
        _case.Near(file, "sims_i2t", scores.Similarities, relative, absolute);
        _case.Near(file, "image_embeds", scores.ImageFeatures, relative, absolute);
        _case.Near(file, "text_embeds", scores.TextFeatures, relative, absolute);
        _case.Near(file, "score_i2t", scores.ImageToText, relative, absolute);
        _case.Near(file, "score_t2i", scores.TextToImage, relative, absolute);
    }
}
