using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Text;
using OrleansBlip.Grains.Inference;
using OrleansBlip.Model;
using OrleansBlip.Model.Compositions;
using SkiaSharp;

namespace OrleansBlip.Cli.Tests.Jobs;

/// <summary>Answers in dialogues, from the command line to what it prints, with an untrained model.</summary>
public sealed class DialogueJobTests : IDisposable
{
    private const string Dialogues = """
        {"data": {"questions": ["what is it", "is it red?"], "answers": ["red", "blue", "...", "Red."], "dialogs": [
            {"image_id": 1, "caption": "a thing", "dialog": [
                {"question": 0, "answer": 0, "answer_options": [0, 1, 2, 3], "gt_index": 0}, {"question": 1, "answer": 2, "answer_options": [1, 2, 0, 3], "gt_index": 1}]},
            {"image_id": 2, "caption": "broken", "dialog": [{"question": 0, "answer": 0, "answer_options": [0, 1, 2, 3], "gt_index": 0}]}]}}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("blip-dialogues").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public DialogueJobTests()
    {
        SaveModel("visdial");
        using var bitmap = new SKBitmap(40, 40);
        bitmap.Erase(SKColors.Red);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(In("VisualDialog_val2018_000000000001.png"), data.ToArray());
        File.WriteAllBytes(In("VisualDialog_val2018_000000000002.png"), [1, 2, 3]);
        File.WriteAllText(In("answers.txt"), "red\n\nblue\n...\n");
        File.WriteAllText(In("visdial.json"), Dialogues);
    }

    [Fact]
    public async Task Rank_Pictures_OrdersAnswersAndTellsTheBrokenOne()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("rank", In("*.png"), "what is it", "--answers", In("answers.txt"), "--caption", "a thing", "--said", "is it red? blue", "--json"));
        using var document = JsonDocument.Parse(_output.ToString());
        var results = document.RootElement.EnumerateArray().ToArray();
        Assert.Equal(2, results.Length);
        var ranking = results[0].GetProperty("ranking").EnumerateArray().Select(answer => (Text: answer.GetProperty("text").GetString(), Probability: answer.GetProperty("probability").GetDouble())).ToArray();
        Assert.Equal(["...", "blue", "red"], ranking.Select(answer => answer.Text).Order(StringComparer.Ordinal));
        Assert.Equal(ranking.OrderByDescending(answer => answer.Probability), ranking);
        Assert.Equal(3, ranking.Select(answer => answer.Probability).Distinct().Count());
        Assert.NotNull(results[1].GetProperty("problem").GetString());

        // What was said before matters.
        string first = _output.ToString();
        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Ok, await RunAsync("rank", In("*.png"), "what is it", "--answers", In("answers.txt"), "--caption", "a thing", "--json"));
        Assert.NotEqual(first, _output.ToString());
    }

    [Fact]
    public async Task Evaluate_Dialogues_TellsRanksAndGain()
    {
        File.WriteAllText(In("dense.json"), """[{"image_id": 1, "round_id": 2, "gt_relevance": [0.2, 1, 0, 0]}]""");
        Assert.Equal(ExitCode.Ok, await RunAsync("evaluate", In("visdial.json"), "--dense", In("dense.json"), "--json"));
        using var document = JsonDocument.Parse(_output.ToString());
        double Of(string name) => document.RootElement.GetProperty(name).GetDouble();
        Assert.Equal((1, 1, 2, 1), (Of("dialogues"), Of("leftOut"), Of("questions"), Of("ndcgQuestions")));
        Assert.InRange(Of("mrr"), 0.25, 1);
        Assert.InRange(Of("meanRank"), 1, 4);
        Assert.InRange(Of("ndcg"), 0, 1);
        Assert.Equal(100, Of("recallAt5"));
    }

    [Fact]
    public async Task Evaluate_WithOtherThanDenseAnnotations_SaysWhatIsExpected()
    {
        Assert.NotEqual(ExitCode.Ok, await RunAsync("evaluate", In("visdial.json"), "--dense", In("visdial.json")));
        Assert.Contains("gt_relevance", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rank_WithAnotherModel_SaysWhichOneDoes()
    {
        SaveModel("filter");
        Assert.NotEqual(ExitCode.Ok, await RunAsync("rank", In("*1.png"), "what is it", "--answers", In("answers.txt")));
        Assert.Contains("one of family visdial does", _error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);

    private Task<int> RunAsync(params string[] arguments)
    {
        BlipRootCommand root = [DialogueCommand.Create(ImageJobs.RankInDialogue, DialogueEvaluationJob.RunAsync)];
        return CommandRunner.RunAsync(root, ["dialogue", .. arguments, "--model", In("model"), "--quiet"], _output, _error);
    }

    private void SaveModel(string family)
    {
        var vocabulary = new Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "blue", "what", "is", "it", "a", "thing", "."]);
        var spec = new ModelSpec
        {
            Family = family,
            Vision = new() { ImageSize = 32, PatchSize = 16, Width = 32, Depth = 2, Heads = 2, InitialStandardDeviation = 0.2 },
            Text = new() { VocabularySize = vocabulary.Count, Width = 32, Depth = 2, Heads = 2, FeedForwardWidth = 64, PositionsMax = 32, InitialStandardDeviation = 0.2 },
            FeatureWidth = 16,
            ProjectionStandardDeviation = 0.2,
        };
        using var model = new BlipModel(Families.Compose(spec));
        model.Initialize(7);
        var data = new DataSpec { ImageSize = 32, TokensMax = 24, Padding = TokenPadding.Longest, VocabularySha256 = vocabulary.Sha256 };
        if (Directory.Exists(In("model"))) Directory.Delete(In("model"), recursive: true);
        ModelFolder.Save(In("model"), spec, data, vocabulary, model.Layout, model.Weights.data<float>().ToArray(), model.Momentum.data<float>().ToArray());
    }
}
