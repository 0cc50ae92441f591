using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Model.Weights;
using OrleansBlip.Model.Layers;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_E_ItmFilter : IDisposable
{
    private readonly GoldenCase _case = new("e-itm-filter");

    [GoldenFact("e-itm-filter")]
    public void Matching_F64() => Matching(torch.ScalarType.Float64, "expected.f64", 1e-9, 1e-10);

    [GoldenFact("e-itm-filter")]
    public void Matching_F32() => Matching(torch.ScalarType.Float32, "expected", 1e-4, 1e-5);

    public void Dispose() => _case.Dispose();

    private void Matching(torch.ScalarType dtype, string file, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        var text = _case.Text(_case.Rows("weights", "text_encoder.embeddings.word_embeddings.weight"));
        var spec = new ModelSpec { Vision = _case.Vision, Text = text, FeatureWidth = _case.Config.GetProperty("embed_dim").GetInt32() };
        using var model = new BlipModel(Families.Filter(spec) with { Momentum = [], Objectives = [] }, dtype);
        model.Load(_case.File_("weights")).RequireComplete("weights");
        var matcher = new Matcher(model);
        Tensors(out var ids, out var mask);
        // The reference's stand-alone filter leaves the tokenizer's first token, [CLS], where training puts [ENC].
        var first = (int)ids[0, 0].item<long>();
        var (tokens, features) = matcher.Images(_case.Tensor("inputs", "image", dtype));
        var logits = matcher.Match(tokens, ids, mask, first);
        _case.Near(file, "image_embeds", tokens, relative, absolute);
        _case.Near(file, "itm_logits", logits, relative, absolute);
        _case.Near(file, "itm_prob", logits.softmax(1), relative, absolute);
        _case.Near(file, "itc_sim", torch.matmul(features, matcher.Texts(ids, mask, new SpecialTokens(-1, first, -1, -1, -1)).t()), relative, absolute);
        var count = ids.shape[0];
        var images = TensorArithmetic.Rows(count, torch.CPU).repeat_interleave(count);
        var texts = TensorArithmetic.Rows(count, torch.CPU).repeat(count);
        var cross = matcher.Match(tokens, images, ids.index_select(0, texts), mask.index_select(0, texts), first);
        _case.Near(file, "itm_logits_cross", cross.view(count, count, 2), relative, absolute);
    }

    private void Tensors(out torch.Tensor ids, out torch.Tensor mask) => (ids, mask) = (_case.Tensor("inputs", "input_ids"), _case.Tensor("inputs", "attention_mask"));
}
