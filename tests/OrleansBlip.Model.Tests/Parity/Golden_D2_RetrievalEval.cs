using OrleansBlip.Golden;
using OrleansBlip.Model.Compositions;
using OrleansBlip.Model.Layers;
using OrleansBlip.Model.Metrics;
using OrleansBlip.Model.Tasks;
using TorchSharp;

namespace OrleansBlip.Model.Tests.Parity;

[Trait("Category", "Parity")]
public sealed class Golden_D2_RetrievalEval : IDisposable
{
    private readonly GoldenCase _case = new("d2-retrieval-eval");

    [GoldenFact("d2-retrieval-eval", GoldenCase.VocabularyCase)]
    public void Scores_F64() => Scores(torch.ScalarType.Float64, "expected.f64", 1e-9, 1e-9);

    [GoldenFact("d2-retrieval-eval", GoldenCase.VocabularyCase)]
    public void Scores_F32() => Scores(torch.ScalarType.Float32, "expected", 1e-4, 2e-5);

    public void Dispose() => _case.Dispose();

    private void Scores(torch.ScalarType dtype, string file, double relative, double absolute)
    {
        using var scope = torch.NewDisposeScope();
        using var model = new PretrainingParity(_case, dtype, Families.Filter, "weights").Model;
        var ids = _case.Tensor("inputs", "input_ids_ENC");
        // The contrastive features see [CLS] where the inputs have [ENC].
        var special = _case.Special();
        Assert.Equal(ids[0, 0].item<long>(), special.Encode);
        var scores = new Retriever(new Matcher(model)) { PairsMax = 7 }.Score(
            _case.Tensor("inputs", "image", dtype), ids, _case.Tensor("inputs", "attention_mask"), special, _case.Config.GetProperty("k_test").GetInt32());
        _case.Near(file, "sims_i2t", scores.Similarities, relative, absolute);
        _case.Near(file, "image_embeds", scores.ImageFeatures, relative, absolute);
        _case.Near(file, "text_embeds", scores.TextFeatures, relative, absolute);
        _case.Near(file, "score_i2t", scores.ImageToText, relative, absolute);
        _case.Near(file, "score_t2i", scores.TextToImage, relative, absolute);
        var relevant = Relevant((int)ids.shape[0]);
        Recalls("txt", scores.ImageToText, (image, text) => relevant[text] == image);
        Recalls("img", scores.TextToImage, (text, image) => relevant[text] == image);
    }

    // The image of each text, from both of the case's tables.
    private int[] Relevant(int texts)
    {
        var images = _case.Json.GetProperty("txt2img");
        int[] imageOf = [.. Enumerable.Range(0, texts).Select(text => images.GetProperty($"{text}").GetInt32())];
        foreach (var image in _case.Json.GetProperty("img2txt").EnumerateObject())
            Assert.Equal(image.Value.EnumerateArray().Select(text => text.GetInt32()), Enumerable.Range(0, texts).Where(text => $"{imageOf[text]}" == image.Name));
        return imageOf;
    }

    // Beyond k_test all candidates have one score, and the reference's order of them is arbitrary.
    private void Recalls(string prefix, torch.Tensor scores, Func<int, int, bool> isRelevant)
    {
        var (queries, items) = ((int)scores.shape[0], (int)scores.shape[1]);
        var (values, relevant) = (new float[queries, items], new bool[queries, items]);
        for (var query = 0; query < queries; query++)
            for (var item = 0; item < items; item++) (values[query, item], relevant[query, item]) = ((float)scores[query, item].Number(), isRelevant(query, item));
        var ranks = RetrievalRecall.Ranks(values, relevant);
        int[] counts = [.. new[] { 1, 5, 10 }.Where(count => count <= _case.Config.GetProperty("k_test").GetInt32())];
        Assert.NotEmpty(counts);
        foreach (var count in counts) Assert.Equal(_case.Json.GetProperty("itm_eval").GetProperty($"{prefix}_r{count}").GetDouble(), RetrievalRecall.At(ranks, count), 1e-9);
    }
}
