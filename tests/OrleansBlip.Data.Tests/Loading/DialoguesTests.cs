using System.Text;
using OrleansBlip.Data.Loading;
using OrleansBlip.Data.Sources;
using OrleansBlip.Data.Tests.Sources;
using OrleansBlip.Data.Text;

namespace OrleansBlip.Data.Tests.Loading;

/// <summary>Batches of VisDial's dialogues.</summary>
public sealed class DialoguesTests : IDisposable
{
    private const string OneRound = """
        {"image_id": 5, "caption": "Red, dark.", "dialog": [{"question": 0, "answer": 0, "answer_options": [2, 1, 0, 3, 5, 4], "gt_index": 2}]}
        """;

    // Of 6, 5 and 7 tokens; the last answer has 4 of them.
    private const string ThreeRounds = """
        {"image_id": 5, "caption": "red", "dialog": [
            {"question": 0, "answer": 1, "answer_options": [0, 1], "gt_index": 1}, {"question": 1, "answer": 3, "answer_options": [3, 0], "gt_index": 0},
            {"question": 2, "answer": 4, "answer_options": [4, 0], "gt_index": 0}]}
        """;

    private static readonly CaptionTokenizer Tokenizer = new(new Vocabulary(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "what", "colour", "is", "it", "red", "blue", "dark", "the", "left", "on", "one", "?", "where", ","]));

    private static readonly string OfPicture7 = OneRound.Replace("\"image_id\": 5", "\"image_id\": 7", StringComparison.Ordinal);

    private static readonly DataSpec Spec = new() { ImageSize = 8, TokensMax = 30, Padding = TokenPadding.Longest, Texts = PairKind.Dialogue };

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Load_Dialogues_DrawsTheTrueAnswerInHalf_AndOthersEquallyOften()
    {
        using var source = TestDialogues.Open(_folder, OneRound);
        var batch = Loader(source, slotSize: 400).Load(0, 0);
        var answers = Texts(batch).Select(text => text["what colour is it? ".Length..]).ToArray();
        Assert.Equal(answers.Select(answer => answer == "red" ? 1L : 0), batch.Labels!);
        Assert.InRange(batch.Labels!.Sum(), 160, 240);
        // "Red." reads as the true answer does, and the empty option as none.
        Assert.Equal(["blue", "dark red", "on the left one", "red"], answers.Distinct().Order(StringComparer.Ordinal));
        Assert.All(new[] { "blue", "dark red", "on the left one" }, answer => Assert.InRange(answers.Count(other => other == answer), 40, 95));
        Assert.Equal((1, null), (batch.ImagesPerSample, batch.Answers));
    }

    [Theory]
    [InlineData(TokenPadding.Longest, 5)]
    [InlineData(TokenPadding.MaxLength, 30)]
    public void Load_Dialogues_BringsTheCaptionsOfTheirPictures(TokenPadding padding, int length)
    {
        using var source = TestDialogues.Open(_folder, $"{OneRound}, {OfPicture7.Replace("Red, dark.", "blue", StringComparison.Ordinal)}");
        var batch = new BatchLoader(source, Tokenizer, Spec with { Padding = padding }, seed: 5, slotCount: 1, slotSize: 2).Load(0, 0);
        var context = batch.Context!;
        Assert.Equal((length, 2 * length), (context.Length, context.Ids.Length));
        for (var row = 0; row < 2; row++)
        {
            long[] expected = batch.ImageIds[row] == 5 ? [2, 8, 17, 10, 3] : [2, 9, 3, 0, 0];
            Assert.Equal(expected, context.Ids.AsSpan(row * length, 5).ToArray());
            Assert.Equal(batch.ImageIds[row] == 5 ? 5 : 3, context.Mask.AsSpan(row * length, length).ToArray().Sum());
        }
    }

    [Theory]
    [InlineData("Dark red.", "dark red")]
    [InlineData("...", "...")]
    [InlineData(" :) ", ":)")]
    [InlineData("", "")]
    public void Read_Answer_KeepsTheSignsOfOneThatHasNothingElse(string answer, string expected) => Assert.Equal(expected, DialogueText.Read(answer));

    [Fact]
    public void Of_AnswerThatDoesNotFit_StandsAlone()
    {
        var text = new DialogueText(Tokenizer, Spec with { TokensMax = 7 });
        Assert.Equal("is it red", text.Of("is it", [("what colour is it?", "blue")], "Red."));
        Assert.Equal("on the left one one one", text.Of("is it", [], "on the left one one one"));
    }

    [Theory]
    [InlineData(30, "what colour is it? blue is it dark dark red where is it on the left one")]
    [InlineData(20, "what colour is it? blue is it dark dark red where is it on the left one")]
    [InlineData(19, "is it dark dark red where is it on the left one")]
    [InlineData(14, "is it dark dark red where is it on the left one")]
    [InlineData(13, "where is it on the left one")]
    [InlineData(9, "where is it on the left one")]
    [InlineData(8, "where is on the left one")]
    [InlineData(6, "on the left one")]
    public void Load_LongDialogue_LosesItsOldestRoundsAndNeverTheAnswer(int tokensMax, string expected)
    {
        using var source = TestDialogues.Open(_folder, ThreeRounds);
        var texts = TrueTexts(source, Spec with { TokensMax = tokensMax });
        Assert.Equal([expected], texts.Distinct());
    }

    [Fact]
    public void Load_QuestionOfManyWords_KeepsItsFirst()
    {
        using var source = TestDialogues.Open(_folder, ThreeRounds);
        Assert.Equal(["what colour is it? blue is it dark dark red where is on the left one"], TrueTexts(source, Spec with { CaptionWordsMax = 2 }).Distinct());
    }

    [Fact]
    public void Load_AnswerThatDoesNotFit_NamesItAndWhatToRaise()
    {
        using var source = TestDialogues.Open(_folder, ThreeRounds);
        var message = Assert.Throws<DatasetException>(() => TrueTexts(source, Spec with { TokensMax = 5 })).Message;
        Assert.Contains("round 2 about 'train2014/COCO_train2014_000000000005.jpg': the answer \"on the left one\" has 4 tokens", message, StringComparison.Ordinal);
        Assert.Contains("raise tokensMax", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": 0}]}""")]
    [InlineData("""{"image_id": 5, "caption": "red", "dialog": [{"question": 0, "answer": 0, "answer_options": [0, 2, 5], "gt_index": 0}]}""")]
    public void Load_NoOtherAnswer_SaysWhatToTrainOn(string dialogue)
    {
        using var source = TestDialogues.Open(_folder, dialogue);
        for (var step = 0; step < 8; step++)
            Assert.Contains("has no \"answer_options\" beside its answer", Assert.Throws<DatasetException>(() => Loader(source, slotSize: 1).Load(step, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OtherPairsAsDialogues_NamesThem()
    {
        TestDialogues.Write(_folder, "{}");
        File.WriteAllText(_folder.File("list.json"), """[{"image": "train2014/COCO_train2014_000000000005.jpg", "caption": "red"}]""");
        using var source = PairSources.Open(_folder.File("list.json"));
        Assert.Contains("\"red\" about 'train2014/COCO_train2014_000000000005.jpg' is no dialogue", Assert.Throws<DatasetException>(() => Loader(source).Load(0, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SameSlot_GivesTheSameBatch_OtherSlotStepOrSeedAnother()
    {
        using var source = TestDialogues.Open(_folder, OneRound);
        var loader = Loader(source, slotSize: 64);
        _ = loader.Load(3, 1);
        var (expected, found) = (Loader(source, slotSize: 64).Load(2, 0), loader.Load(2, 0));
        Assert.Equal(expected.TokenIds, found.TokenIds);
        Assert.Equal(expected.Labels, found.Labels);
        Assert.Equal(expected.Context!.Ids, found.Context!.Ids);
        Assert.NotEqual(expected.Labels, loader.Load(3, 0).Labels);
        Assert.NotEqual(expected.Labels, loader.Load(2, 1).Labels);
        Assert.NotEqual(expected.Labels, Loader(source, slotSize: 64, seed: 6).Load(2, 0).Labels);
    }

    [Fact]
    public void Load_UndecodablePicture_PutsAnotherDialogueInItsPlace()
    {
        var path = TestDialogues.Write(_folder, TestDialogues.Document($"{OneRound}, {OfPicture7}"));
        File.WriteAllBytes(_folder.File("train2014", "COCO_train2014_000000000005.jpg"), Encoding.ASCII.GetBytes("no picture"));
        using var source = PairSources.Open(path);
        var loader = Loader(source, slotSize: 20);
        var batch = loader.Load(0, 0);
        Assert.All(batch.ImageIds, id => Assert.Equal(7, id));
        Assert.Equal("train2014/COCO_train2014_000000000005.jpg", Assert.Single(loader.Undecodable).Name);
    }

    public void Dispose() => _folder.Dispose();

    private static BatchLoader Loader(PairSource source, int slotSize = 2, ulong seed = 5) => new(source, Tokenizer, Spec, seed, slotCount: 2, slotSize);

    private static string[] Texts(SlotBatch batch) => [.. batch.TokenIds.Chunk(batch.TokenCount).Select(ids => Tokenizer.Decode(ids))];

    // Texts of the last round that end with its true answer.
    private static string[] TrueTexts(PairSource source, DataSpec spec)
    {
        var batch = new BatchLoader(source, Tokenizer, spec, seed: 5, slotCount: 1, slotSize: 60).Load(0, 0);
        string[] texts = [.. Texts(batch).Where((text, row) => batch.Labels![row] == 1 && text.EndsWith("on the left one", StringComparison.Ordinal))];
        Assert.NotEmpty(texts);
        return texts;
    }
}
