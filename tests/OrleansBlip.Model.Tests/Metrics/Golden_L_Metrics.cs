using System.Text.Json;
using OrleansBlip.Golden;
using OrleansBlip.Model.Metrics;
using OrleansBlip.Model.Weights;

namespace OrleansBlip.Model.Tests.Metrics;

[Trait("Category", "Parity")]
public sealed class Golden_L_Metrics
{
    private const string Case = "l-metrics";

    [GoldenTheory(Case)]
    [InlineData("ptb10")]
    [InlineData("plain4")]
    [InlineData("random60")]
    public void Captions_AllMetrics(string name)
    {
        var set = Read("captions.json").GetProperty(name);
        var captions = set.GetProperty("hypotheses_tokenized");
        CaptionCase[] cases = [.. set.GetProperty("references_tokenized").EnumerateObject().Select(
            image => new CaptionCase(captions.GetProperty(image.Name).GetString()!, [.. image.Value.EnumerateArray().Select(text => text.GetString()!)]))];
        var bleu = Bleu.Score(cases);
        for (int n = 1; n <= 4; n++) AssertScore(set, $"Bleu_{n}", bleu[n - 1]);
        AssertScore(set, "ROUGE_L", RougeL.Score(cases));
        AssertScore(set, "CIDEr", Cider.Score(cases));
    }

    [GoldenFact(Case)]
    public void Ptb_EachText()
    {
        foreach (var item in Read("ptb_tokenizer.json").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            Assert.Equal(item.GetProperty("ptb").GetString(), string.Join(' ', PtbTokenizer.Split(text)));
            Assert.Equal(item.GetProperty("after_punctuation_removal").GetString(), PtbTokenizer.Tokenize(text));
        }
    }

    [GoldenFact(Case)]
    public void Ptb_RawCaptionsOfSet()
    {
        var set = Read("captions.json").GetProperty("ptb10");
        foreach (var image in set.GetProperty("references_raw").EnumerateObject())
        {
            var tokenized = set.GetProperty("references_tokenized").GetProperty(image.Name);
            for (int i = 0; i < image.Value.GetArrayLength(); i++) Assert.Equal(tokenized[i].GetString(), PtbTokenizer.Tokenize(image.Value[i].GetString()!));
        }
    }

    [GoldenFact(Case)]
    public void Vqa_Processing()
    {
        foreach (var item in Read("vqa.json").GetProperty("processing").EnumerateArray())
        {
            string answer = item.GetProperty("answer").GetString()!;
            Assert.Equal(item.GetProperty("processPunctuation").GetString(), VqaAnswer.NormalizePunctuation(answer));
            Assert.Equal(item.GetProperty("processDigitArticle_of_that").GetString(), VqaAnswer.Normalize(answer));
            Assert.Equal(item.GetProperty("processDigitArticle_alone").GetString(), VqaAnswer.NormalizeWords(answer));
        }
    }

    [GoldenFact(Case)]
    public void Vqa_EveryContraction()
    {
        var contractions = Read("vqa.json").GetProperty("tables").GetProperty("contractions").EnumerateObject();
        // Keys with capitals can never match lower-cased text.
        foreach (var pair in contractions.Where(pair => pair.Name == pair.Name.ToLowerInvariant()))
            Assert.Equal(pair.Value.GetString(), VqaAnswer.NormalizeWords(pair.Name));
    }

    [GoldenFact(Case)]
    public void Vqa_Evaluation()
    {
        var evaluation = Read("vqa.json").GetProperty("evaluation");
        var questions = evaluation.GetProperty("ground_truth").EnumerateArray().ToDictionary(
            item => item.GetProperty("question_id").GetInt32().ToString(),
            item => new VqaQuestion(
                item.GetProperty("result").GetString()!, [.. item.GetProperty("answers").EnumerateArray().Select(answer => answer.GetString()!)],
                item.GetProperty("question_type").GetString()!, item.GetProperty("answer_type").GetString()!));
        foreach (var item in evaluation.GetProperty("evalQA").EnumerateObject())
            Assert.Equal(item.Value.GetDouble(), VqaAccuracy.PercentOf([questions[item.Name]]));
        var accuracy = evaluation.GetProperty("accuracy");
        Assert.Equal(accuracy.GetProperty("overall").GetDouble(), VqaAccuracy.PercentOf(questions.Values));
        foreach (var type in questions.Values.GroupBy(question => question.QuestionType))
            Assert.Equal(accuracy.GetProperty("perQuestionType").GetProperty(type.Key).GetDouble(), VqaAccuracy.PercentOf(type));
        foreach (var type in questions.Values.GroupBy(question => question.AnswerType))
            Assert.Equal(accuracy.GetProperty("perAnswerType").GetProperty(type.Key).GetDouble(), VqaAccuracy.PercentOf(type));
    }

    [GoldenFact(Case)]
    public void Recall_EachMatrix()
    {
        using var file = SafetensorsFile.Open(Path.Combine(GoldenFolder.Case(Case), "recall.safetensors"));
        foreach (var item in Read("recall.json").EnumerateArray())
        {
            string name = item.GetProperty("name").GetString()!;
            int images = item.GetProperty("images").GetInt32(), texts = item.GetProperty("texts").GetInt32();
            var (ofImage, ofText) = (new bool[images, texts], new bool[texts, images]);
            foreach (var image in item.GetProperty("img2txt").EnumerateObject())
            {
                foreach (var text in image.Value.EnumerateArray()) ofImage[int.Parse(image.Name), text.GetInt32()] = true;
            }
            foreach (var text in item.GetProperty("txt2img").EnumerateObject()) ofText[int.Parse(text.Name), text.Value.GetInt32()] = true;
            var textRanks = RetrievalRecall.Ranks(Matrix(file.Read<float>($"{name}.scores_i2t"), images, texts), ofImage);
            var imageRanks = RetrievalRecall.Ranks(Matrix(file.Read<float>($"{name}.scores_t2i"), texts, images), ofText);
            foreach (int k in new[] { 1, 5, 10 })
            {
                Assert.Equal(item.GetProperty("result").GetProperty($"txt_r{k}").GetDouble(), RetrievalRecall.At(textRanks, k), 1e-9);
                Assert.Equal(item.GetProperty("result").GetProperty($"img_r{k}").GetDouble(), RetrievalRecall.At(imageRanks, k), 1e-9);
            }
        }
    }

    private static float[,] Matrix(float[] values, int rows, int columns)
    {
        var matrix = new float[rows, columns];
        Buffer.BlockCopy(values, 0, matrix, 0, values.Length * sizeof(float));
        return matrix;
    }

    private static void AssertScore(JsonElement set, string metric, CaptionScore actual)
    {
        var expected = set.GetProperty("scores").GetProperty(metric);
        AssertClose($"{metric} corpus", expected.GetProperty("corpus").GetDouble(), actual.Corpus);
        Assert.Equal(expected.GetProperty("per_image").GetArrayLength(), actual.PerImage.Count);
        for (int i = 0; i < actual.PerImage.Count; i++)
            AssertClose($"{metric} image {i}", expected.GetProperty("per_image")[i].GetDouble(), actual.PerImage[i]);
    }

    private static void AssertClose(string what, double expected, double actual) =>
        Assert.True(Math.Abs(actual - expected) <= 1e-9 * Math.Abs(expected), $"{Case}/captions {what}: {actual:R} instead of {expected:R}.");

    private static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFolder.Case(Case), name))).RootElement;
}
