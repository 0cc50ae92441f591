using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Tasks;
using OrleansBlip.Model.Weights;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_E2_FeatureExtractor : IDisposable
{
    private readonly GoldenCase _case = new("e2-feature-extractor");

    [GoldenFact("e2-feature-extractor")]
    public void Features_F64() => Features(torch.ScalarType.Float64, "expected.f64", 1e-9, 1e-10);

    [GoldenFact("e2-feature-extractor")]
    public void Features_F32() => Features(torch.ScalarType.Float32, "expected", 1e-4, 1e-5);

    public void Dispose() => _case.Dispose();

    private void Features(torch.ScalarType dtype, string file, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        var vocabulary = _case.Rows("weights", "text_encoder.embeddings.word_embeddings.weight");
        var composition = new Composition
        {
            Name = "features",
            Parts = [new VisionEncoder("visual_encoder", _case.Vision), new TextEncoder("text_encoder", _case.Text(vocabulary)) { Image = "visual_encoder" }],
            Objectives = [],
        };
        using var model = new BlipModel(composition, dtype);
        model.Load(_case.File_("weights")).RequireComplete("weights");
        torch.Tensor ids = _case.Tensor("inputs", "input_ids"), mask = _case.Tensor("inputs", "attention_mask");
        var special = new SpecialTokens(-1, (int)ids[0, 0].item<long>(), -1, vocabulary - 2, vocabulary - 1);
        var (features, image) = (new FeatureExtractor(model), _case.Tensor("inputs", "image", dtype));
        _case.Near(file, "image", features.Image(image), relative, absolute);
        _case.Near(file, "text", features.Text(ids, mask, special), relative, absolute);
        _case.Near(file, "multimodal", features.Multimodal(image, ids, mask, special), relative, absolute);
    }
}
