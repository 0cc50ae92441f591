using OrleansBlip.Data.Images;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Tests.Images;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Loading;

/// <summary>Batches of the reference's VQA and NLVR2 lists.</summary>
public sealed class QuestionsAndSentencesTests : IDisposable
{
    private static readonly CaptionTokenizer Tokenizer = new(new Vocabulary(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "what", "colour", "is", "it", "red", "blue", "dark", "the", "left", "right", "one", "?"]));

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_Questions_WeighsAnswersByThoseWhoGaveThem()
    {
        using var source = Source("""
            [{"image": "0.jpg", "question": "What colour is it?", "answer": ["red", "red", "dark red", "red"], "dataset": "vqa"},
             {"image": "0.jpg", "question": "Is it red?", "answer": "red", "dataset": "vg"},
             {"image": "1.jpg", "question": "Is it blue?"}]
            """);
        Assert.Equal([2, 1], Enumerable.Range(0, source.PictureCount).Select(source.CaptionCount));
        var questions = source.ReadPicture(0).Captions;
        Assert.Equal([new Answer("red", 0.75), new Answer("dark red", 0.25)], questions[0].Answers);
        Assert.Equal([new Answer("red", 0.2)], questions[1].Answers);
        Assert.Empty(source.ReadPicture(1).Captions[0].Answers);
    }

    [Fact]
    public void Train_VocabularyOfQuestions_KnowsTheAnswersWords()
    {
        using var source = Source("""[{"image": "0.jpg", "question": "Is it red?", "answer": "zebra zebra"}]""");
        var trainer = new VocabularyTrainer();
        trainer.Add(source);
        Assert.Contains("zebra", trainer.Train(200).Pieces);
    }

    [Fact]
    public void Load_Questions_BringsTheirAnswers()
    {
        using var source = Source("""
            [{"image": "0.jpg", "question": "What colour is it?", "answer": ["red", "blue"]}, {"image": "1.jpg", "question": "Is it, dark?", "answer": "dark red"}]
            """);
        var batch = Loader(source, PairKind.Question).Load(0, 0);
        var rowOfFirst = Array.FindIndex(batch.Keys, key => key == "0.jpg");
        Assert.Equal([2, 4, 5, 6, 7, 15, 3], batch.TokenIds.Chunk(batch.TokenCount).ElementAt(rowOfFirst));
        var answers = batch.Answers!;
        Assert.Equal(3, answers.Weights.Length);
        var all = answers.Tokens.Ids.Chunk(answers.Tokens.Length).Select((ids, i) => (Ids: ids, Row: answers.Questions[i], Weight: answers.Weights[i])).OrderBy(answer => answer.Ids[1]).ToArray();
        Assert.Equal([((long)rowOfFirst, 0.5f), (rowOfFirst, 0.5f), (1 - rowOfFirst, 1f)], all.Select(answer => (answer.Row, answer.Weight)));
        Assert.Equal(new long[][] { [2, 8, 3, 0], [2, 9, 3, 0], [2, 10, 8, 3] }, all.Select(answer => answer.Ids));
        Assert.Null(batch.Labels);
    }

    [Fact]
    public void Load_Sentences_BringsBothPicturesAndTheirTruth()
    {
        using var source = Source("""
            [{"images": ["0.jpg", "1.jpg"], "sentence": "the left one is dark", "label": "False"}, {"images": ["1.jpg", "2.jpg"], "sentence": "the right one is red", "label": "True"}]
            """);
        var batch = Loader(source, PairKind.Sentence).Load(0, 0);
        Assert.Equal((2, 2 * 2 * 3 * 8 * 8), (batch.ImagesPerSample, batch.Images.Length));
        Assert.Equal(batch.Keys.Select(key => key == "1.jpg|2.jpg" ? 1L : 0), batch.Labels!);
        // All first pictures, then all second ones.
        var images = batch.Images.Chunk(3 * 8 * 8).Select(image => image[0]).ToArray();
        var row = Array.IndexOf(batch.Keys, "0.jpg|1.jpg");
        Assert.Equal(images[2 + row], images[1 - row]);
    }

    [Fact]
    public void Load_VariedSentences_SwapsPicturesAndSidesTogether()
    {
        using var source = Source("""[{"images": ["0.jpg", "1.jpg"], "sentence": "the left one is dark", "label": "True"}]""");
        var loader = new BatchLoader(source, Tokenizer, Spec(PairKind.Sentence) with { Augmentation = new AugmentationSpec { Kind = AugmentationKind.ShiftAndBrightness, BrightnessChangeMax = 0 } }, seed: 5, slotCount: 1, slotSize: 40);
        var batch = loader.Load(0, 0);
        var images = batch.Images.Chunk(3 * 8 * 8).Select(image => image[0]).ToArray();
        var swapped = Enumerable.Range(0, 40).Where(row => images[row] > images[40 + row]).ToArray();
        Assert.InRange(swapped.Length, 10, 30);
        for (var row = 0; row < 40; row++) Assert.Equal(swapped.Contains(row) ? 13 : 12, batch.TokenIds[row * batch.TokenCount + 2]);
    }

    [Theory]
    [InlineData(PairKind.Question, """[{"image": "0.jpg", "question": "Is it red?"}]""", "has no answer")]
    [InlineData(PairKind.Question, """[{"image": "0.jpg", "caption": "red"}]""", "has no answer")]
    [InlineData(PairKind.Sentence, """[{"images": ["0.jpg", "1.jpg"], "sentence": "it is red", "label": "perhaps"}]""", "has no \"label\"")]
    [InlineData(PairKind.Sentence, """[{"image": "0.jpg", "sentence": "it is red", "label": "True"}]""", "is one picture")]
    public void Load_WhatCannotBeLearned_NamesIt(PairKind kind, string list, string expected)
    {
        using var source = Source(list);
        Assert.Contains(expected, Assert.Throws<DatasetException>(() => Loader(source, kind).Load(0, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Digest_DependsOnAnswersAndLabels()
    {
        string[] lists =
        [
            """[{"image": "0.jpg", "question": "red?", "answer": "red"}]""", """[{"image": "0.jpg", "question": "red?", "answer": "blue"}]""", """[{"image": "0.jpg", "question": "red?"}]""",
            """[{"images": ["0.jpg", "1.jpg"], "sentence": "red", "label": "True"}]""", """[{"images": ["0.jpg", "1.jpg"], "sentence": "red", "label": "False"}]""",
            """[{"images": ["0.jpg", "2.jpg"], "sentence": "red", "label": "True"}]""",
        ];
        var digests = lists.Select(list =>
        {
            using var source = Source(list);
            return source.Digest;
        });
        Assert.Equal(lists.Length, digests.Distinct().Count());
    }

    [Fact]
    public void Open_PairOfWhichOneIsMissing_LeavesItOutAndSaysSo()
    {
        using var source = Source("""[{"images": ["0.jpg", "9.jpg"], "sentence": "red", "label": "True"}, {"images": ["0.jpg", 1], "sentence": "red"}, {"image": "0.jpg", "caption": "red"}]""");
        Assert.Equal(1, source.PictureCount);
        Assert.Equal(["there is no such file", "the entry has no \"image\" path, nor two \"images\""], source.Problems.Select(problem => problem.Reason).OrderDescending(StringComparer.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static DataSpec Spec(PairKind kind) => new() { ImageSize = 8, TokensMax = 12, Padding = TokenPadding.Longest, Texts = kind };

    private static BatchLoader Loader(PairSource source, PairKind kind) => new(source, Tokenizer, Spec(kind), seed: 5, slotCount: 1, slotSize: 2);

    private PairSource Source(string list)
    {
        for (var i = 0; i < 3; i++) File.WriteAllBytes(_folder.File($"{i}.jpg"), TestPictures.Encode(8, 8, (byte)(i * 100)));
        File.WriteAllText(_folder.File("list.json"), list);
        return PairSources.Open(_folder.File("list.json"));
    }
}
